// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.IntermediateKind;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RelayEndpoints;
import io.vpnmesh.directory.record.Signer;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** A mesh of two clusters that is the same in every run. */
public final class ExampleMesh {

    public static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final Duration YEARS = Duration.ofDays(3650);

    public final SecureRandom random = new CountingRandom();
    public final SuiteName suite;
    public final MeshId mesh = MeshId.of(id(1));
    public final MeshKeyPair rootKey;
    public final X509Certificate root;
    public final CertificateIssuer rootIssuer;
    public final Cluster north;
    public final Cluster south;

    public ExampleMesh() {
        this(SuiteName.DEFAULT);
    }

    public ExampleMesh(SuiteName suite) {
        this.suite = suite;
        rootKey = MeshKeyPair.generate(suite, random);
        root = CertificateIssuer.newRoot(mesh, rootKey, NOW, YEARS, random);
        rootIssuer = new CertificateIssuer(root, rootKey.privateKey(), random);
        north = new Cluster(ClusterId.of(id(10)), Cidr.parse("198.18.0.0/20"));
        south = new Cluster(ClusterId.of(id(11)), Cidr.parse("198.18.16.0/20"));
    }

    public static byte[] id(int value) {
        byte[] bytes = new byte[16];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    public CertificateVerifier verifier() {
        return new CertificateVerifier(List.of(root), List.of());
    }

    /** One cluster with its keys. */
    public final class Cluster {
        public final ClusterId id;
        public final Cidr prefix;
        public final MeshKeyPair key;
        public final X509Certificate full;
        public final X509Certificate foreign;
        public final CertificateIssuer issuer;

        Cluster(ClusterId id, Cidr prefix) {
            this.id = id;
            this.prefix = prefix;
            key = MeshKeyPair.generate(suite, random);
            ClusterDomain domain = new ClusterDomain(mesh, id);
            full = rootIssuer.newIntermediate(
                    IntermediateKind.FULL, domain, key.publicKey(), List.of(prefix), NOW, YEARS);
            foreign = rootIssuer.newIntermediate(
                    IntermediateKind.FOREIGN, domain, key.publicKey(), List.of(prefix), NOW, YEARS);
            issuer = new CertificateIssuer(full, key.privateKey(), random);
        }

        public NodeIdentity identity(NodeRole role, int node, String... addresses) {
            return new NodeIdentity(
                    mesh,
                    id,
                    NodeId.of(ExampleMesh.id(node)),
                    1,
                    role,
                    "shop",
                    "web",
                    List.of(addresses).stream().map(IpAddress::parse).toList());
        }

        public Signer signer(NodeIdentity identity) {
            MeshKeyPair pair = MeshKeyPair.generate(suite, random);
            X509Certificate leaf = issuer.newLeaf(pair.publicKey(), identity, NOW, Duration.ofHours(72));
            return new Signer(pair.privateKey(), List.of(leaf, full), random);
        }

        public Signer directory() {
            return signer(identity(NodeRole.DIRECTORY, 50));
        }

        public PeerRecord pod(int node, String address) {
            return PeerRecord.sidecar(identity(NodeRole.SIDECAR, node, address), "web-" + node, List.of());
        }

        public PeerRecord relay(int node, String address) {
            return PeerRecord.relay(
                    identity(NodeRole.RELAY, node, address),
                    "relay-" + node,
                    new RelayEndpoints(
                            List.of(Endpoint.parse("192.0.2.1:4500"), Endpoint.parse("[2001:db8::1]:4500")),
                            List.of(Endpoint.parse("192.0.2.1:443"))));
        }
    }
}
