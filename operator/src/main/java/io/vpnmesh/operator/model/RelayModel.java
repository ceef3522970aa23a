// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.model;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpecBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetBuilder;
import io.vpnmesh.crds.RelayExpose;
import io.vpnmesh.crds.RelayTemplate;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.relay.RelayNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The relay objects of one mesh: service account, Services, StatefulSet. A pure function of mesh and operator. */
public final class RelayModel {

    /** A relay hands its clients over before it goes: they need a few round trips. */
    private static final long DRAIN_SECONDS = 30;

    private static final String NAME_LABEL = "app.kubernetes.io/name";
    private static final String INSTANCE_LABEL = "app.kubernetes.io/instance";
    private static final String TICKET_VOLUME = "vpnmesh-ticket";
    private static final String TICKET_DIRECTORY = "/var/run/vpnmesh/ticket";
    private static final String UDP = "udp";
    private static final String TLS = "tls";

    /** Ports inside the pod; fixed, whatever the Services show. */
    private static final int UDP_PORT = 4500;

    private static final int TLS_PORT = 8443;

    private RelayModel() {}

    /** All objects of the mesh's relays, also for 0 replicas: a StatefulSet that shrinks drains its pods. */
    public static List<HasMetadata> desired(VpnMesh mesh, OperatorFacts operator) {
        List<HasMetadata> objects = new ArrayList<>();
        objects.add(serviceAccount(mesh));
        objects.add(RelayServices.governing(mesh, metadata(mesh, RelayNames.set(name(mesh)), Map.of())));
        for (int ordinal = 0; ordinal < MeshDefaults.relayReplicas(mesh); ordinal++) {
            String replica = RelayNames.replica(name(mesh), ordinal);
            objects.add(RelayServices.replica(mesh, ordinal, metadata(mesh, replica, RelayServices.annotations(mesh))));
        }
        objects.add(statefulSet(mesh, operator));
        return objects;
    }

    static OwnerReference owner(VpnMesh mesh) {
        return new OwnerReferenceBuilder()
                .withApiVersion(mesh.getApiVersion())
                .withKind(mesh.getKind())
                .withName(name(mesh))
                .withUid(mesh.getMetadata().getUid())
                .withController(true)
                .withBlockOwnerDeletion(false)
                .build();
    }

    static Map<String, String> labels(VpnMesh mesh) {
        return new TreeMap<>(Map.of(
                NAME_LABEL,
                "vpnmesh-relay",
                INSTANCE_LABEL,
                name(mesh),
                Marks.MANAGED_BY,
                Marks.OPERATOR,
                Marks.RELAY,
                name(mesh)));
    }

    static Map<String, String> selector(VpnMesh mesh) {
        return new TreeMap<>(Map.of(NAME_LABEL, "vpnmesh-relay", Marks.RELAY, name(mesh)));
    }

    private static String name(VpnMesh mesh) {
        return mesh.getMetadata().getName();
    }

    private static ObjectMeta metadata(VpnMesh mesh, String name, Map<String, String> annotations) {
        return new ObjectMetaBuilder()
                .withName(name)
                .withNamespace(mesh.getMetadata().getNamespace())
                .withLabels(labels(mesh))
                .withAnnotations(annotations.isEmpty() ? null : annotations)
                .withOwnerReferences(owner(mesh))
                .build();
    }

    private static ServiceAccount serviceAccount(VpnMesh mesh) {
        return new ServiceAccountBuilder()
                .withMetadata(metadata(mesh, RelayNames.set(name(mesh)), Map.of()))
                .withAutomountServiceAccountToken(false)
                .build();
    }

    private static StatefulSet statefulSet(VpnMesh mesh, OperatorFacts operator) {
        return new StatefulSetBuilder()
                .withMetadata(metadata(mesh, RelayNames.set(name(mesh)), Map.of()))
                .withNewSpec()
                .withReplicas(MeshDefaults.relayReplicas(mesh))
                .withServiceName(RelayNames.set(name(mesh)))
                .withPodManagementPolicy("Parallel")
                .withNewSelector()
                .withMatchLabels(selector(mesh))
                .endSelector()
                .withTemplate(pod(mesh, operator))
                .endSpec()
                .build();
    }

    private static PodTemplateSpec pod(VpnMesh mesh, OperatorFacts operator) {
        RelayTemplate template = template(mesh);
        Map<String, String> nodeSelector = new TreeMap<>(template.nodeSelector());
        RelayExpose expose = MeshDefaults.relay(mesh).expose();
        if (expose != null && expose.hostPort() != null) {
            nodeSelector.putAll(expose.hostPort().nodeSelector());
        }
        return new PodTemplateSpecBuilder()
                .withNewMetadata()
                .withLabels(labels(mesh))
                .withAnnotations(template.annotations().isEmpty() ? null : template.annotations())
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName(RelayNames.set(name(mesh)))
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withTerminationGracePeriodSeconds(DRAIN_SECONDS)
                .withNodeSelector(nodeSelector.isEmpty() ? null : nodeSelector)
                .withAffinity(template.affinity())
                .withTolerations(template.tolerations())
                .withTopologySpreadConstraints(template.topologySpreadConstraints())
                .withPriorityClassName(template.priorityClassName())
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .withContainers(container(mesh, operator, template.resources()))
                .withVolumes(volumes(mesh))
                .endSpec()
                .build();
    }

    private static Container container(VpnMesh mesh, OperatorFacts operator, @Nullable ResourceRequirements resources) {
        List<EnvVar> environment = new ArrayList<>(SidecarContract.environment(operator, MeshDefaults.suite(mesh)));
        environment.add(SidecarContract.env("VPNMESH_LOG_LEVEL", MeshDefaults.logLevel(mesh)));
        return new ContainerBuilder()
                .withName("relay")
                .withImage(operator.relayImage())
                .withImagePullPolicy(operator.pullPolicy())
                .withArgs("run")
                .withEnv(environment)
                .withPorts(ports(mesh))
                .withResources(resources == null ? defaultResources() : resources)
                .withSecurityContext(SidecarContract.hardened(SidecarContract.RELAY_UID, List.of()))
                .withStartupProbe(SidecarContract.probe("/started", 2, 300))
                .withReadinessProbe(SidecarContract.probe("/ready", 5, 3))
                .withTerminationMessagePolicy("FallbackToLogsOnError")
                .withVolumeMounts(
                        SidecarContract.tokenMount(),
                        SidecarContract.caMount(),
                        SidecarContract.stateMount(),
                        SidecarContract.mount(TICKET_VOLUME, TICKET_DIRECTORY, true))
                .build();
    }

    private static List<ContainerPort> ports(VpnMesh mesh) {
        boolean onHost = MeshDefaults.exposeType(mesh) == RelayExpose.Type.HOST_PORT;
        return List.of(
                port(UDP, UDP_PORT, "UDP", onHost ? MeshDefaults.relayPort(mesh) : null),
                port(TLS, TLS_PORT, "TCP", onHost ? MeshDefaults.relayTlsPort(mesh) : null),
                port("health", SidecarContract.HEALTH_PORT, "TCP", null),
                port("metrics", SidecarContract.METRICS_PORT, "TCP", null));
    }

    private static ContainerPort port(String name, int port, String protocol, @Nullable Integer hostPort) {
        return new ContainerPortBuilder()
                .withName(name)
                .withContainerPort(port)
                .withProtocol(protocol)
                .withHostPort(hostPort)
                .build();
    }

    private static List<Volume> volumes(VpnMesh mesh) {
        return List.of(
                SidecarContract.tokenVolume(Marks.AUDIENCE),
                SidecarContract.caVolume(Marks.CA_CONFIG_MAP),
                SidecarContract.memoryVolume(SidecarContract.STATE_VOLUME, "16Mi"),
                new VolumeBuilder()
                        .withName(TICKET_VOLUME)
                        .withNewSecret()
                        .withSecretName(RelayNames.ticketSecret(name(mesh)))
                        .withDefaultMode(0444)
                        .endSecret()
                        .build());
    }

    private static RelayTemplate template(VpnMesh mesh) {
        RelayTemplate template = MeshDefaults.relay(mesh).template();
        return template == null
                ? new RelayTemplate(Map.of(), null, Map.of(), null, List.of(), List.of(), null)
                : template;
    }

    private static ResourceRequirements defaultResources() {
        return new ResourceRequirementsBuilder()
                .withRequests(new TreeMap<>(Map.of("cpu", new Quantity("100m"), "memory", new Quantity("128Mi"))))
                .withLimits(Map.of("memory", new Quantity("512Mi")))
                .build();
    }
}
