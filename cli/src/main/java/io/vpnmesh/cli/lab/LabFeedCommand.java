// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli.lab;

import io.vpnmesh.cli.CliException;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.feed.InboundDefault;
import io.vpnmesh.directory.record.PeerRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes the feed that the nodes of one cluster read: the mesh, its clusters, who owns which address. */
@Command(
        name = "feed",
        mixinStandardHelpOptions = true,
        description = {
            "Write the feed for the nodes of a cluster: who owns which overlay address, and where the relays are.",
            "Running nodes take a new file over without a restart."
        })
final class LabFeedCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(names = "--dir", required = true, paramLabel = "FOLDER", description = "Where the mesh lies.")
    private Path dir;

    @Option(names = "--cluster", required = true, paramLabel = "NAME", description = "The cluster whose nodes read it.")
    private String cluster;

    @Option(names = "--without", paramLabel = "NODE", description = "Leave a node out, as if it were gone.")
    private List<String> without = List.of();

    @Option(
            names = "--inbound",
            defaultValue = "All",
            paramLabel = "DEFAULT",
            description = "What others may open: DeclaredPorts, All or None.")
    private String inbound;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "Where to write; standard output unless given.")
    private @Nullable Path file;

    @Override
    public Integer call() {
        LabFolder folder = new LabFolder(dir);
        StringBuilder lines = new StringBuilder();
        int version = 0;
        for (FeedObject object : objects(folder)) {
            lines.append(FeedCodec.encode(new FeedEvent(FeedEvent.Type.ADDED, object, Integer.toString(++version))))
                    .append('\n');
        }
        lines.append(FeedCodec.encode(FeedEvent.bookmark(Integer.toString(++version))))
                .append('\n');
        Path target = file;
        if (target == null) {
            spec.commandLine().getOut().print(lines);
            spec.commandLine().getOut().flush();
        } else {
            LabFolder.write(target, lines.toString());
        }
        return 0;
    }

    private List<FeedObject> objects(LabFolder folder) {
        LabMesh mesh = folder.mesh();
        LabCluster own = folder.clusterFile(cluster);
        for (String node : without) {
            folder.nodeFile(node); // an unknown name is a mistake to be told
        }
        List<FeedObject> objects = new ArrayList<>();
        objects.add(new FeedObject.MeshObject(
                mesh.id(),
                mesh.name(),
                own.id(),
                mesh.suite(),
                mesh.prefixes(),
                mesh.stunServers(),
                inboundDefault(),
                List.of(Pem.encode(folder.certificate(folder.root(), "cert.pem"))),
                own.id().toString())); // nodes of one cluster may reach each other's host addresses
        for (String name : folder.clusters()) {
            LabCluster other = folder.clusterFile(name);
            objects.add(new FeedObject.ClusterObject(
                    other.id(),
                    name,
                    other.prefixes(),
                    Pem.encode(folder.certificate(folder.cluster(name), "full.pem")),
                    false));
        }
        List<LabNode> nodes = folder.nodes().stream()
                .filter(name -> !without.contains(name))
                .map(folder::nodeFile)
                .toList();
        nodes.forEach(node -> objects.add(attached(node, nodes).object()));
        return objects;
    }

    /** A sidecar without home relays of its own is attached to the mesh's first two. */
    private static LabNode attached(LabNode node, List<LabNode> nodes) {
        if (node.record().role() == NodeRole.RELAY
                || !node.record().homeRelays().isEmpty()) {
            return node;
        }
        List<NodeId> relays = nodes.stream()
                .map(LabNode::record)
                .filter(peer -> peer.role() == NodeRole.RELAY)
                .map(PeerRecord::node)
                .limit(PeerRecord.MAX_HOME_RELAYS)
                .toList();
        return new LabNode(node.cluster(), node.record().withHomeRelays(relays));
    }

    private InboundDefault inboundDefault() {
        try {
            return InboundDefault.parse(inbound);
        } catch (IllegalArgumentException e) {
            throw new CliException(String.valueOf(e.getMessage()), e);
        }
    }
}
