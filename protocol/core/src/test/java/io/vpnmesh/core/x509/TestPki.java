// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** A mesh of two clusters, made by the product's own issuer. */
final class TestPki {

    static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    static final Duration YEARS = Duration.ofDays(3650);
    static final Duration DAYS = Duration.ofDays(3);
    static final SecureRandom RANDOM = new SecureRandom();

    final SuiteName suite;
    final MeshId mesh = MeshId.of(bytes(1));
    final MeshKeyPair rootKey;
    final X509Certificate root;
    final CertificateIssuer rootIssuer;
    final Cluster a;
    final Cluster b;

    TestPki(SuiteName suite) {
        this.suite = suite;
        rootKey = MeshKeyPair.generate(suite, RANDOM);
        root = CertificateIssuer.newRoot(mesh, rootKey, NOW, YEARS, RANDOM);
        rootIssuer = new CertificateIssuer(root, rootKey.privateKey(), RANDOM);
        a = new Cluster(ClusterId.of(bytes(10)), List.of(Cidr.parse("198.18.0.0/20"), Cidr.parse("fd00:1::/64")));
        b = new Cluster(ClusterId.of(bytes(11)), List.of(Cidr.parse("198.18.16.0/20")));
    }

    final class Cluster {
        final ClusterId id;
        final ClusterDomain domain;
        final MeshKeyPair key = MeshKeyPair.generate(suite, RANDOM);
        final X509Certificate full;
        final X509Certificate foreign;
        final CertificateIssuer issuer;

        Cluster(ClusterId id, List<Cidr> prefixes) {
            this.id = id;
            domain = new ClusterDomain(mesh, id);
            full = rootIssuer.newIntermediate(IntermediateKind.FULL, domain, key.publicKey(), prefixes, NOW, YEARS);
            foreign =
                    rootIssuer.newIntermediate(IntermediateKind.FOREIGN, domain, key.publicKey(), prefixes, NOW, YEARS);
            issuer = new CertificateIssuer(full, key.privateKey(), RANDOM);
        }

        NodeIdentity identity(NodeRole role, String... addresses) {
            return new NodeIdentity(
                    mesh,
                    id,
                    NodeId.of(bytes(77)),
                    3,
                    role,
                    "shop",
                    "web",
                    List.of(addresses).stream().map(IpAddress::parse).toList());
        }

        X509Certificate leaf(NodeIdentity identity) {
            return issuer.newLeaf(MeshKeyPair.generate(suite, RANDOM).publicKey(), identity, NOW, DAYS);
        }
    }

    CertificateVerifier verifier() {
        return new CertificateVerifier(List.of(root), List.of(a.full, b.full));
    }

    static byte[] bytes(int value) {
        byte[] bytes = new byte[16];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }
}
