// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.model.MeshDefaults;
import io.vpnmesh.operator.model.OperatorFacts;
import io.vpnmesh.operator.model.SidecarContract;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The two containers and their volumes. */
final class SidecarContainers {

    /** Once, then gone: makes the device node and the persistent TUN, which nothing later can change. */
    private static final List<String> SETUP_CAPABILITIES = List.of("NET_ADMIN", "MKNOD");

    private static final long ROOT = 0;

    /** A pod whose operator is away for ten minutes waits; its sidecar is not restarted for that. */
    private static final int START_SECONDS = 600;

    private SidecarContainers() {}

    /**
     * What is particular to one pod.
     *
     * @param inbound as {@link InboundPorts} writes it
     * @param startup {@code wait} or {@code background}
     * @param mtu from the annotation; null lets setup compute it
     */
    record Choices(String inbound, String startup, @Nullable Integer mtu) {}

    static Container setup(VpnMesh mesh, OperatorFacts operator, Choices choices) {
        return base(Marks.SETUP_CONTAINER, "setup", mesh, operator, choices)
                .withSecurityContext(SidecarContract.hardened(ROOT, SETUP_CAPABILITIES))
                .build();
    }

    static Container sidecar(VpnMesh mesh, OperatorFacts operator, Choices choices) {
        return base(Marks.SIDECAR_CONTAINER, "run", mesh, operator, choices)
                .withRestartPolicy("Always")
                .withSecurityContext(SidecarContract.hardened(SidecarContract.SIDECAR_UID, List.of()))
                .withStartupProbe(SidecarContract.probe("/started", 1, START_SECONDS))
                .withReadinessProbe(SidecarContract.probe("/ready", 5, 3))
                .addNewPort()
                .withName("vpnmesh-health")
                .withContainerPort(SidecarContract.HEALTH_PORT)
                .withProtocol("TCP")
                .endPort()
                .addNewPort()
                .withName("vpnmesh-metrics")
                .withContainerPort(SidecarContract.METRICS_PORT)
                .withProtocol("TCP")
                .endPort()
                .build();
    }

    static List<Volume> volumes() {
        return List.of(
                SidecarContract.tokenVolume(Marks.AUDIENCE),
                SidecarContract.caVolume(Marks.CA_CONFIG_MAP),
                SidecarContract.memoryVolume(SidecarContract.DEVICE_VOLUME, "1Mi"),
                SidecarContract.memoryVolume(SidecarContract.STATE_VOLUME, "16Mi"),
                SidecarContract.memoryVolume(SidecarContract.NO_API_VOLUME, "1Mi"));
    }

    private static ContainerBuilder base(
            String name, String argument, VpnMesh mesh, OperatorFacts operator, Choices choices) {
        List<EnvVar> environment = new ArrayList<>(SidecarContract.environment(operator, MeshDefaults.suite(mesh)));
        environment.add(SidecarContract.env("VPNMESH_INBOUND", choices.inbound()));
        environment.add(SidecarContract.env("VPNMESH_STARTUP", choices.startup()));
        environment.add(SidecarContract.env("VPNMESH_LOG_LEVEL", MeshDefaults.logLevel(mesh)));
        if (choices.mtu() != null) {
            environment.add(SidecarContract.env("VPNMESH_MTU", choices.mtu().toString()));
        }
        return new ContainerBuilder()
                .withName(name)
                .withImage(operator.sidecarImage())
                .withImagePullPolicy(operator.pullPolicy())
                .withArgs(argument)
                .withEnv(environment)
                .withResources(resources(mesh))
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withVolumeMounts(
                        SidecarContract.tokenMount(),
                        SidecarContract.caMount(),
                        SidecarContract.deviceMount(),
                        SidecarContract.stateMount(),
                        SidecarContract.noApiMount());
    }

    private static ResourceRequirements resources(VpnMesh mesh) {
        VpnMeshSpec.Sidecar sidecar = MeshDefaults.spec(mesh).sidecar();
        return sidecar != null && sidecar.resources() != null
                ? sidecar.resources()
                : new ResourceRequirementsBuilder()
                        .withRequests(new TreeMap<>(Map.of("cpu", new Quantity("20m"), "memory", new Quantity("64Mi"))))
                        .withLimits(Map.of("memory", new Quantity("160Mi")))
                        .build();
    }
}
