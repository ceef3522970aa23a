// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.IntermediateKind;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.record.Signer;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.node.identity.UnusableCredentialsException;
import java.io.IOException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** A cluster of a mesh, and everything that its authorities sign. */
final class TestMesh {

    static final IpAddress RELAY_ADDRESS = IpAddress.parse("198.18.0.1");

    final SecureRandom random = new SecureRandom();
    final MeshId mesh = MeshId.of(id(1));
    final ClusterId cluster;
    final X509Certificate root;
    final X509Certificate full;
    private final Cidr prefix;
    private final MeshKeyPair rootKey;
    private final MeshKeyPair clusterKey = MeshKeyPair.generate(SuiteName.DEFAULT, random);
    private final X509Certificate foreign;
    private final CertificateIssuer issuer;

    /** A mesh of its own, with one cluster of 198.18.0.0/20. */
    TestMesh() {
        cluster = ClusterId.of(id(2));
        prefix = Cidr.parse("198.18.0.0/20");
        rootKey = MeshKeyPair.generate(SuiteName.DEFAULT, random);
        root = CertificateIssuer.newRoot(mesh, rootKey, Instant.now(), Duration.ofDays(10), random);
        full = intermediate(IntermediateKind.FULL);
        foreign = intermediate(IntermediateKind.FOREIGN);
        issuer = new CertificateIssuer(full, clusterKey.privateKey(), random);
    }

    /** Another cluster of the same mesh, of 198.18.16.0/20. */
    TestMesh(TestMesh founder) {
        cluster = ClusterId.of(id(3));
        prefix = Cidr.parse("198.18.16.0/20");
        rootKey = founder.rootKey;
        root = founder.root;
        full = intermediate(IntermediateKind.FULL);
        foreign = intermediate(IntermediateKind.FOREIGN);
        issuer = new CertificateIssuer(full, clusterKey.privateKey(), random);
    }

    private X509Certificate intermediate(IntermediateKind kind) {
        return rootIssuer()
                .newIntermediate(
                        kind,
                        new ClusterDomain(mesh, cluster),
                        clusterKey.publicKey(),
                        List.of(prefix),
                        Instant.now(),
                        Duration.ofDays(5));
    }

    CertificateIssuer rootIssuer() {
        return new CertificateIssuer(root, rootKey.privateKey(), random);
    }

    static byte[] id(int value) {
        byte[] bytes = new byte[16];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    NodeIdentity identity(NodeRole role, int node, long generation, String... addresses) {
        return new NodeIdentity(
                mesh,
                cluster,
                NodeId.of(id(node)),
                generation,
                role,
                "shop",
                "web",
                Arrays.stream(addresses).map(IpAddress::parse).toList());
    }

    NodeCredentials credentials(NodeIdentity identity) {
        MeshKeyPair key = MeshKeyPair.generate(SuiteName.DEFAULT, random);
        Instant now = Instant.now();
        X509Certificate leaf = issuer.newLeaf(key.publicKey(), identity, now, Duration.ofDays(3));
        try {
            return NodeCredentials.of(key, leaf, full, foreign, List.of(root), Instant.MAX, now);
        } catch (UnusableCredentialsException e) {
            throw new AssertionError(e);
        }
    }

    NodeCredentials relayCredentials() {
        return credentials(identity(NodeRole.RELAY, 9, 1, RELAY_ADDRESS.toString()));
    }

    NodeCredentials sidecar(int node, long generation, String address) {
        return credentials(identity(NodeRole.SIDECAR, node, generation, address));
    }

    NodeCredentials operator(int node) {
        return credentials(identity(NodeRole.OPERATOR, node, 1));
    }

    Signer directory() {
        NodeCredentials credentials = credentials(identity(NodeRole.DIRECTORY, 50, 1));
        return new Signer(
                credentials.keyPair().privateKey(), List.of(credentials.leaf(), credentials.intermediate()), random);
    }

    /** A relay on free loopback ports. */
    Relay startRelay(NodeCredentials credentials) throws IOException {
        return startRelay(credentials, Endpoint.parse("127.0.0.1:0"));
    }

    Relay startRelay(NodeCredentials credentials, Endpoint udp) throws IOException {
        return new Relay(new Relay.Start(
                credentials,
                System.currentTimeMillis(),
                false,
                SecretBytes.owning(id(7)),
                udp,
                Endpoint.parse("127.0.0.1:0"),
                Clock.systemUTC(),
                random));
    }
}
