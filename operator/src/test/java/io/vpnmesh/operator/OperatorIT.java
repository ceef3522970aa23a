// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusMock;
import io.quarkus.test.junit.QuarkusTest;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.operator.lab.LabResource;
import io.vpnmesh.operator.lab.LabWorld;
import io.vpnmesh.operator.peer.PeerReports;
import io.vpnmesh.operator.peer.PeerReports.PodKey;
import io.vpnmesh.operator.webhook.ServerVersion;
import jakarta.inject.Inject;
import java.net.URL;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The operator beside a real API server: no node, no controllers, so pods stay Pending and StatefulSets make none. */
@QuarkusTest
@QuarkusTestResource(LabResource.class)
@Tag("lab")
class OperatorIT {

    private static final String NODE = "abcdefghijklmnopqrstuvwxya";

    @Inject
    KubernetesClient client;

    @Inject
    PeerReports reports;

    @Inject
    ServerVersion version;

    @SuppressWarnings("NullAway.Init")
    @TestHTTPResource(value = "/webhook/inject", tls = true)
    URL webhook;

    @SuppressWarnings("NullAway.Init")
    private LabWorld world;

    @BeforeEach
    void useTheOperatorsWebhook() {
        world = new LabWorld(client);
        world.pointWebhookAt(webhook.toString());
    }

    @Test
    void meshGetsKeysRelaysAnchorAndStatus() {
        String namespace = world.namespace(Map.of());

        VpnMesh mesh = world.readyKeys(world.mesh(namespace, "blue", VpnMeshSpec.empty()));

        assertThat(client.secrets()
                        .inNamespace(namespace)
                        .withName("blue-root")
                        .get()
                        .getData())
                .containsKeys("mesh-id", "root.key", "root.crt");
        StatefulSet relays = client.apps()
                .statefulSets()
                .inNamespace(namespace)
                .withName("blue-relay")
                .get();
        assertThat(relays.getSpec().getReplicas()).isEqualTo(1);
        Service service = client.services()
                .inNamespace(namespace)
                .withName("blue-relay-0")
                .get();
        assertThat(service.getSpec().getType()).isEqualTo("LoadBalancer");
        assertThat(service.getSpec().getExternalTrafficPolicy()).isEqualTo("Local");
        assertThat(client.configMaps()
                        .inNamespace(namespace)
                        .withName("vpnmesh-ca")
                        .get()
                        .getData()
                        .get("ca.crt"))
                .startsWith("-----BEGIN CERTIFICATE-----");
        assertThat(mesh.getStatus().prefixes()).contains("198.18.0.0/20");
        assertThat(world.condition(mesh, "KeysValid").getStatus()).isEqualTo("True");
        assertThat(world.condition(mesh, "Ready").getReason()).isEqualTo("NoneReady");
    }

    @Test
    void lostRootIsNamedAndNeverMadeAgain() {
        String namespace = world.namespace(Map.of());
        VpnMesh mesh = world.readyKeys(world.mesh(namespace, "gone", VpnMeshSpec.empty()));

        client.secrets().inNamespace(namespace).withName("gone-root").delete();
        world.touch(mesh);
        Condition condition = world.waitForCondition(mesh, "KeysValid", "False");

        assertThat(condition.getReason()).isEqualTo("RootMissing");
        assertThat(condition.getMessage()).contains("Restore it from a backup");
        assertThat(client.secrets().inNamespace(namespace).withName("gone-root").get())
                .isNull();
    }

    @Test
    void shrinkingTakesTheServiceOfTheLastReplica() {
        String namespace = world.namespace(Map.of());
        VpnMesh mesh = world.readyKeys(world.mesh(namespace, "wide", world.relays(2)));
        world.waitFor(Service.class, namespace, "wide-relay-1", found -> found != null);

        client.resource(mesh).edit(current -> {
            current.setSpec(world.relays(1));
            return current;
        });

        world.waitFor(Service.class, namespace, "wide-relay-1", found -> found == null);
        assertThat(client.services()
                        .inNamespace(namespace)
                        .withName("wide-relay-0")
                        .get())
                .isNotNull();
    }

    @Test
    void podThatAsksGetsTheSidecarAndAPeer() {
        String namespace = world.namespace(Map.of());
        world.readyKeys(world.mesh(namespace, "blue", VpnMeshSpec.empty()));

        Pod pod = world.pod(namespace, "web", Map.of("vpnmesh.io/mesh", "blue"));

        List<String> names = pod.getSpec().getInitContainers().stream()
                .map(Container::getName)
                .toList();
        assertThat(names).startsWith("vpnmesh-setup", "vpnmesh");
        assertThat(pod.getSpec().getInitContainers().get(1).getRestartPolicy()).isEqualTo("Always");
        VpnPeer peer = world.waitFor(VpnPeer.class, namespace, "web", found -> found != null);
        assertThat(peer.getSpec().podUid()).isEqualTo(pod.getMetadata().getUid());
        assertThat(peer.getMetadata().getOwnerReferences().getFirst().getKind()).isEqualTo("Pod");
    }

    @Test
    void labelOfTheNamespaceIsTheDefaultOfItsPods() {
        String home = world.namespace(Map.of());
        String namespace = world.namespace(Map.of("vpnmesh.io/mesh", "all", "vpnmesh.io/mesh-namespace", home));
        world.readyKeys(world.mesh(home, "all", world.allowedFrom(VpnMeshSpec.From.ALL)));

        Pod joined = world.pod(namespace, "joined", Map.of());
        Pod out = world.pod(namespace, "out", Map.of("vpnmesh.io/mesh", "none"));

        assertThat(joined.getSpec().getInitContainers()).hasSize(2);
        assertThat(out.getSpec().getInitContainers()).isEmpty();
        world.waitFor(io.fabric8.kubernetes.api.model.ConfigMap.class, namespace, "vpnmesh-ca", found -> found != null);
    }

    @Test
    void podsThatDoNotAskDoNotNoticeThatTheOperatorIsAway() {
        String namespace = world.namespace(Map.of());
        world = world.impatient();
        world.pointWebhookAt("https://localhost:1/webhook/inject");

        Pod pod = world.pod(namespace, "plain", Map.of());

        assertThat(pod.getSpec().getInitContainers()).isEmpty();
        assertThatThrownBy(() -> world.pod(namespace, "asks", Map.of("vpnmesh.io/mesh", "blue")))
                .hasMessageContaining("failed calling webhook");
    }

    @Test
    void refusalsNameTheFix() {
        String namespace = world.namespace(Map.of());
        String strict = world.namespace(Map.of("pod-security.kubernetes.io/enforce", "baseline"));
        world.readyKeys(world.mesh(namespace, "near", VpnMeshSpec.empty()));
        world.readyKeys(world.mesh(strict, "tight", VpnMeshSpec.empty()));

        assertThatThrownBy(() -> world.pod(namespace, "a", Map.of("vpnmesh.io/mesh", "blu")))
                .hasMessageContaining("no VpnMesh blu in this cluster")
                .hasMessageContaining(namespace + "/near");
        assertThatThrownBy(() -> world.pod(strict, "b", Map.of("vpnmesh.io/mesh", namespace + "/near")))
                .hasMessageContaining("spec.allowedNamespaces");
        assertThatThrownBy(() -> world.pod(strict, "c", Map.of("vpnmesh.io/mesh", "tight")))
                .hasMessageContaining("pod-security.kubernetes.io/enforce=privileged");
    }

    /** The one thing that is not real here: no server of that age is built for a test. */
    @Test
    void apiServerThatWouldDropTheSidecarIsNamedAndOtherPodsStay() {
        String namespace = world.namespace(Map.of());
        world.readyKeys(world.mesh(namespace, "blue", VpnMeshSpec.empty()));
        QuarkusMock.installMockForInstance(
                new ServerVersion(client) {
                    @Override
                    public int minor() {
                        return 28;
                    }
                },
                version);

        assertThatThrownBy(() -> world.pod(namespace, "asks", Map.of("vpnmesh.io/mesh", "blue")))
                .hasMessageContaining(
                        "this API server is 1.28, which drops native sidecar containers silently: upgrade the"
                                + " cluster to Kubernetes 1.29 or newer");
        assertThat(client.pods().inNamespace(namespace).withName("asks").get()).isNull();
        assertThat(world.pod(namespace, "plain", Map.of()).getSpec().getInitContainers())
                .isEmpty();
    }

    @Test
    void reportsReachThePeerAndThePodsCondition() {
        String namespace = world.namespace(Map.of());
        world.readyKeys(world.mesh(namespace, "blue", VpnMeshSpec.empty()));
        Pod pod = world.pod(namespace, "web", Map.of("vpnmesh.io/mesh", "blue"));
        PodKey key = new PodKey(namespace, "web", pod.getMetadata().getUid());

        reports.enrolled(
                key, new PeerReports.Enrolled(NODE, List.of("198.18.0.7"), "spiffe://x/y", 1, "2027-01-01T00:00:00Z"));
        reports.reported(
                key, new PeerReports.Reported(List.of(NODE), "EndpointIndependent", 0, 2, "NoOutsideObserver"));

        VpnPeer peer = world.waitFor(
                VpnPeer.class,
                namespace,
                "web",
                found -> found != null
                        && found.getStatus() != null
                        && found.getStatus().relayed() != null
                        && found.getStatus().generation() != null);
        assertThat(peer.getStatus().addresses()).containsExactly("198.18.0.7");
        Pod connected = world.waitFor(
                Pod.class,
                namespace,
                "web",
                found -> found.getStatus().getConditions().stream()
                        .anyMatch(condition -> "vpnmesh.io/Connected".equals(condition.getType())));
        assertThat(connected.getStatus().getConditions()).anySatisfy(condition -> {
            assertThat(condition.getType()).isEqualTo("vpnmesh.io/Connected");
            assertThat(condition.getStatus()).isEqualTo("True");
        });
        VpnMesh mesh = world.waitFor(
                VpnMesh.class,
                namespace,
                "blue",
                found ->
                        "False".equals(world.condition(found, "OutsideObserver").getStatus()));
        assertThat(world.condition(mesh, "OutsideObserver").getMessage()).contains("spec.stunServers");
    }

    @Test
    void relayPodFitsTheRestrictedLevel() {
        String namespace = world.namespace(Map.of("pod-security.kubernetes.io/enforce", "restricted"));
        world.readyKeys(world.mesh(namespace, "blue", VpnMeshSpec.empty()));
        var template = client.apps()
                .statefulSets()
                .inNamespace(namespace)
                .withName("blue-relay")
                .get()
                .getSpec()
                .getTemplate();

        Pod pod = client.resource(new PodBuilder()
                        .withMetadata(template.getMetadata())
                        .editMetadata()
                        .withName("blue-relay-0")
                        .withNamespace(namespace)
                        .endMetadata()
                        .withSpec(template.getSpec())
                        .build())
                .create();

        assertThat(pod.getSpec().getInitContainers()).isEmpty();
        assertThat(pod.getSpec().getVolumes())
                .noneMatch(volume -> volume.getName().startsWith("kube-api-access"));
    }

    @Test
    void anchorTakenOutOfTheWebhookComesBack() {
        client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName(LabResource.WEBHOOK)
                .edit(current -> {
                    current.getWebhooks().forEach(one -> one.getClientConfig().setCaBundle(null));
                    return current;
                });

        MutatingWebhookConfiguration healed = client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName(LabResource.WEBHOOK)
                .waitUntilCondition(
                        found -> found.getWebhooks().stream()
                                .allMatch(one -> one.getClientConfig().getCaBundle() != null),
                        LabWorld.PATIENCE_SECONDS,
                        java.util.concurrent.TimeUnit.SECONDS);

        assertThat(healed.getWebhooks()).hasSize(2);
    }
}
