// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnPeer;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists who is in a mesh: this cluster's pods with their paths, and the clusters. */
@Command(
        name = "peers",
        mixinStandardHelpOptions = true,
        description = {
            "Show the pods of this cluster that are in a mesh, how they reach others and why, and the mesh's clusters.",
            "All namespaces unless -n is given."
        })
final class PeersCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private KubeOptions kube = new KubeOptions();

    @Parameters(arity = "0..1", paramLabel = "MESH", description = "One mesh; all unless given.")
    private @Nullable String mesh;

    @Option(names = "-o", paramLabel = "FORMAT", defaultValue = "table", description = "table or json.")
    private OutputFormat format;

    @Override
    public Integer call() {
        try (KubernetesClient client = kube.connect()) {
            String namespace = kube.givenNamespace();
            List<VpnPeer> peers = new ArrayList<>(
                    namespace == null
                            ? client.resources(VpnPeer.class)
                                    .inAnyNamespace()
                                    .list()
                                    .getItems()
                            : client.resources(VpnPeer.class)
                                    .inNamespace(namespace)
                                    .list()
                                    .getItems());
            List<VpnCluster> clusters = new ArrayList<>(
                    namespace == null
                            ? client.resources(VpnCluster.class)
                                    .inAnyNamespace()
                                    .list()
                                    .getItems()
                            : client.resources(VpnCluster.class)
                                    .inNamespace(namespace)
                                    .list()
                                    .getItems());
            peers.removeIf(peer -> mesh != null && !peer.getSpec().mesh().name().equals(mesh));
            clusters.removeIf(
                    cluster -> mesh != null && !cluster.getSpec().mesh().equals(mesh));
            peers.sort(byName());
            clusters.sort(byName());
            print(peers, clusters);
        }
        return 0;
    }

    private void print(List<VpnPeer> peers, List<VpnCluster> clusters) {
        PrintWriter out = spec.commandLine().getOut();
        if (format == OutputFormat.json) {
            List<HasMetadata> all = new ArrayList<>(peers);
            all.addAll(clusters);
            out.println(Serialization.asJson(MeshText.listOf(all)));
            return;
        }
        TextTable peerTable = PeerTables.peers(peers);
        if (peerTable.isEmpty()) {
            out.println("No pod has joined. Annotate one: vpnmesh.io/mesh: NAMESPACE/MESH");
        } else {
            peerTable.print(out);
        }
        TextTable clusterTable = PeerTables.clusters(clusters);
        if (!clusterTable.isEmpty()) {
            out.println();
            clusterTable.print(out);
        }
        out.flush();
    }

    private static <T extends HasMetadata> Comparator<T> byName() {
        return Comparator.<T, String>comparing(object -> object.getMetadata().getNamespace())
                .thenComparing(object -> object.getMetadata().getName());
    }
}
