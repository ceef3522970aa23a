// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.IntermediateKind;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.SuiteName;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A mesh of one cluster with real keys and certificates: 10.77.x.y belongs to node number 256 x + y. */
public final class MeshAuthority {

    /** What a node holds: its key and its certificate. */
    public record Member(NodeIdentity identity, PrivateKey key, X509Certificate leaf) {}

    private final SuiteName suite;
    private final Instant now;
    private final SecureRandom random = new SecureRandom();
    private final ClusterDomain domain = new ClusterDomain(MeshId.of(bytes(1)), ClusterId.of(bytes(2)));
    private final X509Certificate root;
    private final X509Certificate full;
    private final X509Certificate foreign;
    private final CertificateIssuer issuer;

    /** @param now when all certificates begin to be valid */
    public MeshAuthority(SuiteName suite, Instant now) {
        this.suite = suite;
        this.now = now;
        MeshKeyPair rootKey = MeshKeyPair.generate(suite, random);
        root = CertificateIssuer.newRoot(domain.mesh(), rootKey, now, Duration.ofDays(3650), random);
        MeshKeyPair clusterKey = MeshKeyPair.generate(suite, random);
        CertificateIssuer authority = new CertificateIssuer(root, rootKey.privateKey(), random);
        full = intermediate(authority, IntermediateKind.FULL, clusterKey);
        foreign = intermediate(authority, IntermediateKind.FOREIGN, clusterKey);
        issuer = new CertificateIssuer(full, clusterKey.privateKey(), random);
    }

    private X509Certificate intermediate(CertificateIssuer authority, IntermediateKind kind, MeshKeyPair key) {
        List<Cidr> prefixes = List.of(Cidr.parse("10.77.0.0/16"));
        return authority.newIntermediate(kind, domain, key.publicKey(), prefixes, now, Duration.ofDays(365));
    }

    private static byte[] bytes(int number) {
        byte[] bytes = new byte[16];
        bytes[14] = (byte) (number >>> 8);
        bytes[15] = (byte) number;
        return bytes;
    }

    public static NodeId node(int number) {
        return NodeId.of(bytes(number));
    }

    public static IpAddress address(int number) {
        return IpAddress.v4(10 << 24 | 77 << 16 | number);
    }

    public NodeIdentity identity(int number) {
        return new NodeIdentity(
                domain.mesh(),
                domain.cluster(),
                node(number),
                1,
                NodeRole.SIDECAR,
                "shop",
                "web",
                List.of(address(number)));
    }

    /** A node with a fresh key. */
    public Member member(int number) {
        MeshKeyPair pair = MeshKeyPair.generate(suite, random);
        NodeIdentity identity = identity(number);
        return new Member(
                identity, pair.privateKey(), issuer.newLeaf(pair.publicKey(), identity, now, Duration.ofHours(72)));
    }

    public X509Certificate root() {
        return root;
    }

    /** The cluster's intermediate as foreign peers see it. */
    public X509Certificate foreignIntermediate() {
        return foreign;
    }

    /** Trusts the root, and knows the intermediate. */
    public CertificateVerifier verifier() {
        return new CertificateVerifier(List.of(root), List.of(full));
    }
}
