// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.Base32;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.IntermediateKind;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.feed.InboundDefault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A mesh of several clusters, and all that its authorities sign, as files. */
public final class LabAuthority {

    static final Cidr MESH = Cidr.parse("198.18.0.0/16");
    static final Cidr MESH_V6 = Cidr.parse("fd77:1::/48");

    private record Cluster(ClusterId id, Cidr v4, Cidr v6, MeshKeyPair key, X509Certificate full) {}

    private final SecureRandom random = new SecureRandom();
    private final MeshId mesh = MeshId.of(bytes(100));
    private final MeshKeyPair rootKey = MeshKeyPair.generate(SuiteName.DEFAULT, random);
    private final X509Certificate root =
            CertificateIssuer.newRoot(mesh, rootKey, Instant.now(), Duration.ofDays(10), random);
    private final List<Cluster> clusters = new ArrayList<>();
    private final List<String> stunServers;

    public LabAuthority(int clusterCount, List<String> stunServers) {
        this.stunServers = stunServers;
        IntStream.range(0, clusterCount).forEach(number -> clusters.add(cluster(number)));
    }

    private Cluster cluster(int number) {
        ClusterId id = ClusterId.of(bytes(200 + number));
        MeshKeyPair key = MeshKeyPair.generate(SuiteName.DEFAULT, random);
        Cidr v4 = Cidr.parse("198.18." + number * 16 + ".0/20");
        Cidr v6 = Cidr.parse("fd77:1:0:" + number + "::/64");
        X509Certificate full = new CertificateIssuer(root, rootKey.privateKey(), random)
                .newIntermediate(
                        IntermediateKind.FULL,
                        new ClusterDomain(mesh, id),
                        key.publicKey(),
                        List.of(v4, v6),
                        Instant.now(),
                        Duration.ofDays(5));
        return new Cluster(id, v4, v6, key, full);
    }

    public static byte[] bytes(int value) {
        byte[] bytes = new byte[16];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    /** Node {@code host} of a cluster: its address ends in that number. */
    public NodeIdentity identity(NodeRole role, int cluster, int host, long generation) {
        Cluster owner = clusters.get(cluster);
        List<IpAddress> addresses =
                List.of(owner.v4().address().plus(host), owner.v6().address().plus(host));
        return new NodeIdentity(
                mesh, owner.id(), NodeId.of(bytes(cluster * 16 + host)), generation, role, "lab", "node", addresses);
    }

    /** Writes key.pem, chain.pem and roots.pem. */
    public void writeIdentity(Path folder, NodeIdentity identity, int cluster) throws IOException {
        Cluster owner = clusters.get(cluster);
        MeshKeyPair key = MeshKeyPair.generate(SuiteName.DEFAULT, random);
        X509Certificate leaf = new CertificateIssuer(owner.full(), owner.key().privateKey(), random)
                .newLeaf(key.publicKey(), identity, Instant.now(), Duration.ofDays(3));
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("key.pem"), Pem.encode(key.privateKey()));
        Files.writeString(folder.resolve("chain.pem"), Pem.encode(List.of(leaf, owner.full())));
        Files.writeString(folder.resolve("roots.pem"), Pem.encode(root));
    }

    /** Replaces the feed file of a node of this cluster. */
    public void writeFeed(Path file, int ownCluster, List<FeedObject.PeerObject> peers) throws IOException {
        List<FeedObject> objects = new ArrayList<>();
        objects.add(new FeedObject.MeshObject(
                mesh,
                "lab/demo",
                clusters.get(ownCluster).id(),
                SuiteName.DEFAULT,
                List.of(MESH, MESH_V6),
                stunServers,
                InboundDefault.DECLARED_PORTS,
                List.of(Pem.encode(root)),
                // Each site's network is its own: a host address of the other site means nothing here.
                Base32.encode(bytes(50 + ownCluster))));
        for (Cluster cluster : clusters) {
            objects.add(new FeedObject.ClusterObject(
                    cluster.id(),
                    "c" + clusters.indexOf(cluster),
                    List.of(cluster.v4(), cluster.v6()),
                    Pem.encode(cluster.full()),
                    false));
        }
        objects.addAll(peers);
        List<String> lines = objects.stream()
                .map(object -> FeedCodec.encode(new FeedEvent(FeedEvent.Type.ADDED, object, "1")))
                .toList();
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.write(next, lines);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    public ClusterId clusterId(int cluster) {
        return clusters.get(cluster).id();
    }
}
