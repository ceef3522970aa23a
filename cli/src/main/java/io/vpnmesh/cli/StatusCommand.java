// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vpnmesh.crds.Conditions;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshStatus;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says how a mesh is, and what to do about what it lacks. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Show how meshes are. Exit code 0 when all shown are Ready, else 1.")
final class StatusCommand implements Callable<Integer> {

    private static final int NOT_READY = 1;

    @Spec
    private CommandSpec spec;

    @Mixin
    private KubeOptions kube = new KubeOptions();

    @Parameters(arity = "0..1", paramLabel = "MESH", description = "One mesh; all of the namespace unless given.")
    private @Nullable String mesh;

    @Option(names = "--wait", description = "Wait until the mesh is Ready.")
    private boolean wait;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "300",
            description = "How long --wait waits; ${DEFAULT-VALUE} unless given.")
    private int timeoutSeconds;

    @Option(names = "-o", paramLabel = "FORMAT", defaultValue = "table", description = "table or json.")
    private OutputFormat format;

    @Override
    public Integer call() {
        if (wait && mesh == null) {
            throw new CliException("--wait needs the name of a mesh: kubectl vpnmesh status MESH --wait");
        }
        try (KubernetesClient client = kube.connect()) {
            List<VpnMesh> meshes = find(client, kube.namespace(client));
            if (format == OutputFormat.json) {
                spec.commandLine().getOut().println(Serialization.asJson(MeshText.listOf(meshes)));
            } else {
                meshes.forEach(this::print);
            }
            return meshes.stream().allMatch(StatusCommand::isReady) ? 0 : NOT_READY;
        }
    }

    private List<VpnMesh> find(KubernetesClient client, String namespace) {
        MixedOperation<VpnMesh, KubernetesResourceList<VpnMesh>, Resource<VpnMesh>> resources =
                client.resources(VpnMesh.class);
        String name = mesh;
        if (name == null) {
            List<VpnMesh> all = resources.inNamespace(namespace).list().getItems();
            if (all.isEmpty()) {
                throw new CliException("namespace " + namespace + " has no VpnMesh; give -n NAMESPACE");
            }
            return all;
        }
        Resource<VpnMesh> resource = resources.inNamespace(namespace).withName(name);
        VpnMesh found = resource.get();
        if (found == null) {
            throw new CliException("namespace " + namespace + " has no VpnMesh " + name + "; give -n NAMESPACE, or list"
                    + " them: kubectl get vpnmeshes -A");
        }
        if (wait) {
            try {
                found = resource.waitUntilCondition(StatusCommand::isReady, timeoutSeconds, TimeUnit.SECONDS);
            } catch (KubernetesClientTimeoutException _) {
                VpnMesh last = resource.get();
                spec.commandLine().getErr().println("not Ready after " + timeoutSeconds + " s:");
                return last == null ? List.of(found) : List.of(last);
            }
        }
        return List.of(found);
    }

    private void print(VpnMesh found) {
        PrintWriter out = spec.commandLine().getOut();
        VpnMeshStatus status = MeshText.status(found);
        out.println(found.getMetadata().getNamespace() + "/"
                + found.getMetadata().getName() + (isReady(found) ? ": Ready" : ": not Ready"));
        MeshText.lines(status).forEach((name, value) -> out.printf("  %-12s %s%n", name, value));
        for (Condition condition : status.conditions()) {
            out.printf(
                    "  %-12s %s=%s %s%n",
                    condition.getType().equals(Conditions.READY) ? "conditions" : "",
                    condition.getType(),
                    condition.getStatus(),
                    String.join(": ", List.of(text(condition.getReason()), text(condition.getMessage()))));
        }
        out.flush();
    }

    private static String text(@Nullable String value) {
        return value == null ? "" : value;
    }

    private static boolean isReady(@Nullable VpnMesh found) {
        return found != null
                && MeshText.status(found).conditions().stream()
                        .anyMatch(condition ->
                                condition.getType().equals(Conditions.READY) && "True".equals(condition.getStatus()));
    }
}
