// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.IntermediateKind;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.enrol.EnrolResponse;
import io.vpnmesh.directory.record.PeerRecord;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The authorities of one cluster, and what they sign. */
public final class TestAuthority {

    public final SecureRandom random = new SecureRandom();
    public final MeshId mesh = MeshId.of(id(1));
    public final ClusterId cluster;
    public final X509Certificate root;
    public final X509Certificate full;
    private final MeshKeyPair rootKey;
    private final X509Certificate foreign;
    private final CertificateIssuer issuer;

    public TestAuthority() {
        this(2);
    }

    /** Of a root of its own. */
    public TestAuthority(int clusterNumber) {
        this(clusterNumber, MeshKeyPair.generate(SuiteName.DEFAULT, new SecureRandom()), Optional.empty());
    }

    /** Another cluster under the same root. */
    public TestAuthority(int clusterNumber, TestAuthority founder) {
        this(clusterNumber, founder.rootKey, Optional.of(founder.root));
    }

    private TestAuthority(int clusterNumber, MeshKeyPair rootKey, Optional<X509Certificate> knownRoot) {
        cluster = ClusterId.of(id(clusterNumber));
        Instant now = Instant.now();
        this.rootKey = rootKey;
        root = knownRoot.orElseGet(() -> CertificateIssuer.newRoot(mesh, rootKey, now, Duration.ofDays(10), random));
        CertificateIssuer rootIssuer = new CertificateIssuer(root, rootKey.privateKey(), random);
        MeshKeyPair key = MeshKeyPair.generate(SuiteName.DEFAULT, random);
        ClusterDomain domain = new ClusterDomain(mesh, cluster);
        List<Cidr> prefixes = List.of(Cidr.parse("198.18.0.0/20"));
        full = rootIssuer.newIntermediate(
                IntermediateKind.FULL, domain, key.publicKey(), prefixes, now, Duration.ofDays(9));
        foreign = rootIssuer.newIntermediate(
                IntermediateKind.FOREIGN, domain, key.publicKey(), prefixes, now, Duration.ofDays(9));
        issuer = new CertificateIssuer(full, key.privateKey(), random);
    }

    private static byte[] id(int value) {
        byte[] bytes = new byte[16];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    public NodeIdentity identity(int node, long generation) {
        return new NodeIdentity(
                mesh,
                cluster,
                NodeId.of(id(node)),
                generation,
                NodeRole.SIDECAR,
                "shop",
                "web",
                List.of(IpAddress.parse("198.18.0." + node)));
    }

    public X509Certificate leaf(PublicKey key, NodeIdentity identity, Instant now, Duration validity) {
        return issuer.newLeaf(key, identity, now, validity);
    }

    public EnrolResponse response(PublicKey key, long generation, Instant now, Duration validity, Instant renewAfter) {
        NodeIdentity identity = identity(20, generation);
        X509Certificate leaf = leaf(key, identity, now, validity);
        return new EnrolResponse(
                identity.node(),
                generation,
                Pem.encode(leaf),
                Pem.encode(full),
                Pem.encode(foreign),
                List.of(Pem.encode(root)),
                leaf.getNotAfter().toInstant(),
                renewAfter);
    }

    public PeerRecord peer(int node, long generation) {
        return PeerRecord.sidecar(identity(node, generation), "web-" + node, List.of());
    }
}
