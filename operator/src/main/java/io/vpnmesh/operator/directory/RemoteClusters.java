// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.Revocations;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnClusterStatus;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The other clusters of one mesh: their intermediates, learnt from frames or remembered in VpnCluster objects, and what
 * an admin decided about them. One owner thread, but for {@link #isClusterRevoked}, which verifiers ask on any.
 */
final class RemoteClusters implements Revocations {

    private final ClusterId own;
    private final Map<ClusterId, Remote> remotes = new TreeMap<>();
    private final Map<ClusterId, String> names = new HashMap<>();
    private volatile Set<ClusterId> revoked = Set.of();
    private Set<ClusterId> expected = Set.of();

    /**
     * @param seenAt of the last frame; empty when none came since this replica started
     */
    record Remote(ClusterId cluster, X509Certificate intermediate, List<Cidr> prefixes, Optional<Instant> seenAt) {}

    RemoteClusters(ClusterId own) {
        this.own = own;
    }

    /** What the VpnCluster objects of the mesh say. */
    void observe(Collection<VpnCluster> objects, CertificateVerifier verifier, Instant now) {
        List<ClusterId> nowRevoked = new ArrayList<>();
        List<ClusterId> nowExpected = new ArrayList<>();
        names.clear();
        for (VpnCluster object : objects) {
            ClusterId cluster = ClusterId.parse(object.getSpec().clusterId());
            if (object.getSpec().displayName() != null) {
                names.put(cluster, object.getSpec().displayName());
            }
            if (cluster.equals(own)) {
                continue;
            }
            VpnClusterStatus status = object.getStatus() == null ? VpnClusterStatus.empty() : object.getStatus();
            if (Boolean.TRUE.equals(object.getSpec().revoked())) {
                nowRevoked.add(cluster);
            } else if (status.lastSeen() != null) {
                nowExpected.add(cluster);
            }
            String anchor = status.trustAnchor();
            if (anchor != null && !remotes.containsKey(cluster)) {
                remember(anchor, verifier, now);
            }
        }
        revoked = Set.copyOf(nowRevoked);
        expected = Set.copyOf(nowExpected);
    }

    /** A verified frame of the cluster came; {@code chain} is what its signature travelled with. */
    void seen(ClusterId cluster, List<byte[]> chain, CertificateVerifier verifier, Instant now) {
        for (byte[] der : chain) {
            try {
                X509Certificate certificate = Pem.certificate(der);
                verifier.constraints(certificate, now)
                        .filter(constraints -> constraints.domain().cluster().equals(cluster))
                        .ifPresent(constraints -> remotes.put(
                                cluster, new Remote(cluster, certificate, constraints.prefixes(), Optional.of(now))));
            } catch (MalformedException e) {
                return; // the frame was verified, so this is not reached
            }
        }
    }

    Collection<Remote> remotes() {
        return List.copyOf(remotes.values());
    }

    String name(ClusterId cluster) {
        return names.getOrDefault(cluster, "");
    }

    /** Clusters whose pods may be known to sidecars from an earlier day, so that a list without them is not complete. */
    Set<ClusterId> expected() {
        return expected;
    }

    Set<ClusterId> revoked() {
        return revoked;
    }

    private void remember(String pem, CertificateVerifier verifier, Instant now) {
        try {
            X509Certificate certificate = Pem.certificate(pem);
            verifier.constraints(certificate, now)
                    .ifPresent(constraints -> remotes.put(
                            constraints.domain().cluster(),
                            new Remote(
                                    constraints.domain().cluster(),
                                    certificate,
                                    constraints.prefixes(),
                                    Optional.empty())));
        } catch (MalformedException e) {
            return; // somebody edited the status; the next frame brings the certificate again
        }
    }

    @Override
    public boolean isClusterRevoked(ClusterId cluster) {
        return revoked.contains(cluster);
    }

    @Override
    public boolean isNodeRevoked(ClusterId cluster, NodeId node, long generation) {
        return false;
    }

    @Override
    public boolean isSerialRevoked(ClusterId cluster, BigInteger serial) {
        return false;
    }
}
