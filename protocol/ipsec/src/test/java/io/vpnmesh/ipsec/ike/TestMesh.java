// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

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
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** A mesh of one cluster with real certificates: 10.77.0.N belongs to node number N. */
final class TestMesh {

    static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

    private final SuiteName suite;
    private final SecureRandom random;
    private final ClusterDomain domain = new ClusterDomain(MeshId.of(bytes(1)), ClusterId.of(bytes(2)));
    private final X509Certificate root;
    private final X509Certificate foreignIntermediate;
    private final CertificateIssuer issuer;
    private final CertificateVerifier verifier;

    TestMesh(SuiteName suite) {
        this(suite, new SecureRandom());
    }

    /** The same keys and certificates in every run: what is found with them today is found tomorrow. */
    static TestMesh repeatable() {
        try {
            SecureRandom seeded = SecureRandom.getInstance("SHA1PRNG");
            seeded.setSeed(bytes(7));
            return new TestMesh(SuiteName.DEFAULT, seeded);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA1PRNG", e);
        }
    }

    private TestMesh(SuiteName suite, SecureRandom random) {
        this.suite = suite;
        this.random = random;
        Instant now = NOW;
        MeshKeyPair rootKey = MeshKeyPair.generate(suite, random);
        root = CertificateIssuer.newRoot(domain.mesh(), rootKey, now, Duration.ofDays(3650), random);
        CertificateIssuer authority = new CertificateIssuer(root, rootKey.privateKey(), random);
        MeshKeyPair clusterKey = MeshKeyPair.generate(suite, random);
        List<Cidr> prefixes = List.of(Cidr.parse("10.77.0.0/16"));
        X509Certificate intermediate = authority.newIntermediate(
                IntermediateKind.FULL, domain, clusterKey.publicKey(), prefixes, now, Duration.ofDays(365));
        foreignIntermediate = authority.newIntermediate(
                IntermediateKind.FOREIGN, domain, clusterKey.publicKey(), prefixes, now, Duration.ofDays(365));
        issuer = new CertificateIssuer(intermediate, clusterKey.privateKey(), random);
        verifier = new CertificateVerifier(List.of(root), List.of(intermediate));
    }

    static byte[] bytes(int value) {
        byte[] bytes = new byte[16];
        bytes[15] = (byte) value;
        return bytes;
    }

    static NodeId nodeId(int number) {
        return NodeId.of(bytes(number));
    }

    static IpAddress address(int number) {
        return IpAddress.parse("10.77.0." + number);
    }

    NodeIdentity identity(int number) {
        return new NodeIdentity(
                domain.mesh(),
                domain.cluster(),
                nodeId(number),
                1,
                NodeRole.SIDECAR,
                "shop",
                "web",
                List.of(address(number)));
    }

    LocalIdentity member(int number) {
        MeshKeyPair pair = MeshKeyPair.generate(suite, random);
        X509Certificate leaf = issuer.newLeaf(pair.publicKey(), identity(number), NOW, Duration.ofHours(72));
        return new LocalIdentity(
                nodeId(number),
                pair.privateKey(),
                Pem.der(leaf),
                List.of(Pem.der(foreignIntermediate)),
                List.of(Cidr.host(address(number))));
    }

    X509Certificate root() {
        return root;
    }

    CertificateVerifier verifier() {
        return verifier;
    }
}
