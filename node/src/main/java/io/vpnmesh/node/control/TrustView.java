// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.Revocations;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.RevocationList;
import io.vpnmesh.node.identity.NodeCredentials;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whom a node trusts: the roots and intermediates of its own enrolment, what the feed says about clusters, and what
 * clusters have shown of themselves. A value: each change makes a new one, so any thread may hold it.
 */
public final class TrustView {

    private static final System.Logger LOG = System.getLogger(TrustView.class.getName());

    private final Set<X509Certificate> ownRoots;
    private final X509Certificate ownIntermediate;
    private final Set<X509Certificate> feedRoots;
    private final Map<ClusterId, X509Certificate> intermediates;
    /** Shown by the clusters themselves, ahead of the feed. */
    private final Map<ClusterId, X509Certificate> shown;

    private final Set<ClusterId> revoked;
    private final Map<ClusterId, RevocationList> lists;
    private final CertificateVerifier verifier;

    private TrustView(
            Set<X509Certificate> ownRoots,
            X509Certificate ownIntermediate,
            Set<X509Certificate> feedRoots,
            Map<ClusterId, X509Certificate> intermediates,
            Map<ClusterId, X509Certificate> shown,
            Set<ClusterId> revoked,
            Map<ClusterId, RevocationList> lists) {
        this.ownRoots = ownRoots;
        this.ownIntermediate = ownIntermediate;
        this.feedRoots = feedRoots;
        this.intermediates = intermediates;
        this.shown = shown;
        this.revoked = Set.copyOf(revoked);
        this.lists = Map.copyOf(lists);
        Set<X509Certificate> roots = new LinkedHashSet<>(ownRoots);
        roots.addAll(feedRoots);
        List<X509Certificate> authorities = new ArrayList<>(List.of(ownIntermediate));
        authorities.addAll(intermediates.values());
        authorities.addAll(shown.values());
        verifier = new CertificateVerifier(roots, authorities, new KnownRevocations(this.revoked, this.lists));
    }

    private record KnownRevocations(Set<ClusterId> clusters, Map<ClusterId, RevocationList> lists)
            implements Revocations {
        @Override
        public boolean isClusterRevoked(ClusterId cluster) {
            return clusters.contains(cluster);
        }

        @Override
        public boolean isNodeRevoked(ClusterId cluster, NodeId node, long generation) {
            RevocationList list = lists.get(cluster);
            return list != null && list.covers(node, generation);
        }

        @Override
        public boolean isSerialRevoked(ClusterId cluster, BigInteger serial) {
            RevocationList list = lists.get(cluster);
            return list != null && list.covers(serial);
        }
    }

    public static TrustView of(NodeCredentials credentials) {
        return new TrustView(
                new LinkedHashSet<>(credentials.roots()),
                credentials.intermediate(),
                Set.of(),
                Map.of(),
                Map.of(),
                Set.of(),
                Map.of());
    }

    public CertificateVerifier verifier() {
        return verifier;
    }

    public boolean isRevoked(ClusterId cluster) {
        return revoked.contains(cluster);
    }

    /**
     * After a member of a cluster has shown its chain, so that a leaf alone of that cluster can be judged before the feed
     * has named its authority. It gives nobody more than he has, for whoever has this authority could send it along: it
     * must be full, of a root known here, not revoked, and younger than what is held; else this is the same view.
     *
     * @param leafFirstDer as it came from the network, verified or not
     */
    public TrustView withShownChain(List<byte[]> leafFirstDer, Instant now) {
        Map<ClusterId, X509Certificate> next = new HashMap<>(shown);
        for (byte[] der : leafFirstDer) {
            try {
                X509Certificate certificate = Pem.certificate(der);
                if (isHeld(certificate)) {
                    continue;
                }
                verifier.constraints(certificate, now)
                        .map(constraints -> constraints.domain().cluster())
                        .filter(cluster -> isNewer(certificate, intermediates.get(cluster)))
                        .filter(cluster -> isNewer(certificate, shown.get(cluster)))
                        .ifPresent(cluster -> next.put(cluster, certificate));
            } catch (MalformedException _) {
                // somebody else's certificate says nothing
            }
        }
        return next.equals(shown)
                ? this
                : new TrustView(ownRoots, ownIntermediate, feedRoots, intermediates, next, revoked, lists);
    }

    private boolean isHeld(X509Certificate certificate) {
        return certificate.equals(ownIntermediate)
                || intermediates.containsValue(certificate)
                || shown.containsValue(certificate);
    }

    private static boolean isNewer(X509Certificate certificate, @Nullable X509Certificate held) {
        return held == null || certificate.getNotBefore().after(held.getNotBefore());
    }

    /** After a renewal. */
    public TrustView with(NodeCredentials credentials) {
        return new TrustView(
                new LinkedHashSet<>(credentials.roots()),
                credentials.intermediate(),
                feedRoots,
                intermediates,
                shown,
                revoked,
                lists);
    }

    /** After a verified revocation list; an older one than the one held changes nothing. */
    public TrustView with(RevocationList list) {
        RevocationList held = lists.get(list.cluster());
        if (held != null && held.number() >= list.number()) {
            return this;
        }
        Map<ClusterId, RevocationList> next = new HashMap<>(lists);
        next.put(list.cluster(), list);
        return new TrustView(ownRoots, ownIntermediate, feedRoots, intermediates, shown, revoked, next);
    }

    /** After a line of the feed; the same view when the line says nothing about trust. */
    public TrustView with(FeedEvent event) {
        boolean deleted = event.type() == FeedEvent.Type.DELETED;
        try {
            return switch (event.object()) {
                case FeedObject.MeshObject mesh when !deleted -> withRoots(mesh);
                case FeedObject.ClusterObject cluster -> withCluster(cluster, deleted);
                default -> this;
            };
        } catch (MalformedException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "event=feed-certificate-unusable object=" + event.object().key() + " reason=\"" + e.getMessage()
                            + "\"");
            return this;
        }
    }

    private TrustView withRoots(FeedObject.MeshObject mesh) throws MalformedException {
        Set<X509Certificate> roots = new LinkedHashSet<>();
        for (String pem : mesh.rootsPem()) {
            roots.addAll(Pem.certificates(pem));
        }
        return new TrustView(ownRoots, ownIntermediate, roots, intermediates, shown, revoked, lists);
    }

    private TrustView withCluster(FeedObject.ClusterObject cluster, boolean deleted) throws MalformedException {
        Map<ClusterId, X509Certificate> next = new HashMap<>(intermediates);
        Map<ClusterId, X509Certificate> nextShown = new HashMap<>(shown);
        Set<ClusterId> nextRevoked = new HashSet<>(revoked);
        nextShown.remove(cluster.clusterId()); // from here on the feed speaks for this cluster
        if (deleted) {
            next.remove(cluster.clusterId());
            nextRevoked.remove(cluster.clusterId());
        } else if (cluster.revoked()) {
            // Counts whatever its certificate looks like; one that is known already still names the reason.
            nextRevoked.add(cluster.clusterId());
        } else {
            next.put(cluster.clusterId(), Pem.certificate(cluster.intermediatePem()));
            nextRevoked.remove(cluster.clusterId());
        }
        return new TrustView(ownRoots, ownIntermediate, feedRoots, next, nextShown, nextRevoked, lists);
    }
}
