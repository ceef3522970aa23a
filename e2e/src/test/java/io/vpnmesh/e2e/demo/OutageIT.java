// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.vpnmesh.e2e.cluster.LabNode;
import io.vpnmesh.e2e.run.Machine;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/// Parts of the product go away and come back: what runs does not notice.
@TwoClusters
@Order(TwoClusters.LAST + 2)
class OutageIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);

    /// Readiness fails after 3 probes, 5 s apart: what fell with the relay would have shown by then.
    private static final Duration LONGER_THAN_READINESS_TAKES_TO_FAIL = Duration.ofSeconds(18);

    private static final Duration LOOK = Duration.ofMillis(250);

    private final Overlay overlay;

    OutageIT(Overlay overlay) {
        this.overlay = overlay;
    }

    @AfterAll
    void bringEverythingBack() {
        overlay.nodes().parallelStream().forEach(Replicas::startOperator);
        Replicas.startRelay(overlay.a());
        overlay.nodes()
                .forEach(node -> Meshes.awaitCondition(node, Overlay.MESH_NAMESPACE, Overlay.MESH, "Ready", "True"));
    }

    @Test
    @Order(1)
    void aPodThatDidNotAskIsLeftAloneEvenWhileTheOperatorIsAway() {
        Replicas.stopOperator(overlay.b());
        overlay.b().apply(Pods.idle(Overlay.SHOP, "plain", "{}"));

        Pod plain = Pods.get(overlay.b(), Overlay.SHOP, "plain");

        assertThat(plain.getSpec().getContainers()).hasSize(1);
        assertThat(plain.getSpec().getInitContainers()).isEmpty();
        assertThat(plain.getSpec().getVolumes())
                .noneMatch(volume -> volume.getName().startsWith("vpnmesh"));
        assertThat(plain.getMetadata().getLabels()).containsOnlyKeys("app");
        assertThat(plain.getMetadata().getAnnotations())
                .allSatisfy((name, _) -> assertThat(name).startsWith("kubectl.kubernetes.io/"));
        Await.until(
                "plain to run",
                MINUTE,
                () -> Pods.isReady(Pods.get(overlay.b(), Overlay.SHOP, "plain")),
                () -> overlay.b()
                        .kubectl("describe", "pod", "plain", "-n", Overlay.SHOP)
                        .run()
                        .out());
    }

    @Test
    @Order(2)
    void aPodThatAsksIsNotLetInUnprotectedWhileTheOperatorIsAway() {
        var answer = overlay.b()
                .kubectl("apply", "-f", "-")
                .input(Pods.idle(Overlay.SHOP, "early", "{vpnmesh.io/mesh: vpnmesh/demo}"))
                .run();

        assertThat(answer.isSuccess()).isFalse();
        assertThat(answer.err()).contains("failed calling webhook").contains("vpnmesh-operator");
        assertThat(Pods.find(overlay.b(), Overlay.SHOP, "early")).isEmpty();
    }

    @Test
    @Order(3)
    void aKilledSidecarComesBackWithoutItsOperator() {
        Member client = overlay.client();
        new Facts(overlay).ping();
        Map<String, String> before = Pods.ids(Pods.of(client));

        new NodeHands(overlay.b()).killSidecars();

        Await.until(
                "another sidecar",
                MINUTE,
                () -> !Objects.equals(Pods.ids(Pods.of(client)).get(Pods.SIDECAR), before.get(Pods.SIDECAR)),
                () -> "still " + before);
        new Facts(overlay).ping();
        assertThat(overlay.client().address()).isEqualTo(client.address());
        Map<String, String> after = Pods.ids(Pods.of(client));
        assertThat(after.get(client.app())).as("the app's container").isEqualTo(before.get(client.app()));
        assertThat(after.get(Pods.SETUP)).as("set-up").isEqualTo(before.get(Pods.SETUP));
    }

    @Test
    @Order(4)
    void withoutOperatorsAndRelayNoAppLeavesItsServicesOrIsRestarted() {
        Member web = overlay.web();
        Member client = overlay.client();
        new Facts(overlay).ping();
        Film.awaitPath(client, web, "direct");
        Map<String, String> webBefore = Pods.ids(Pods.of(web));
        Map<String, String> clientBefore = Pods.ids(Pods.of(client));
        overlay.a().apply(service("web"));
        overlay.b().apply(service("client"));
        Await.until("web in its Service", MINUTE, () -> isServing(web), () -> "not there");
        Await.until("client in its Service", MINUTE, () -> isServing(client), () -> "not there");

        Replicas.stopOperator(overlay.a()); // b's is away already
        Replicas.killRelays(overlay.a());

        long endNs = System.nanoTime() + LONGER_THAN_READINESS_TAKES_TO_FAIL.toNanos();
        while (System.nanoTime() < endNs) {
            assertThat(isServing(web)).as("web serves").isTrue();
            assertThat(isServing(client)).as("client serves").isTrue();
            Machine.pause(LOOK);
        }
        assertThat(Pods.ids(Pods.of(web))).isEqualTo(webBefore);
        assertThat(Pods.ids(Pods.of(client))).isEqualTo(clientBefore);
        assertThat(client.exec("ping", "-c", "3", "-i", "0.3", "-W", "2", web.address())
                        .orThrow())
                .as("the direct path needs neither")
                .contains("3 received");
    }

    @Test
    @Order(5)
    void operatorsAndRelayComeBackAndNothingChangesForRunningPods() {
        Member client = overlay.client();
        Map<String, String> before = Pods.ids(Pods.of(client));
        var path = client.pathTo(overlay.web()).orElseThrow();

        overlay.nodes().parallelStream().forEach(Replicas::startOperator);
        Replicas.startRelay(overlay.a());

        new Facts(overlay).ping();
        assertThat(overlay.client()).isEqualTo(client);
        assertThat(Pods.ids(Pods.of(client))).isEqualTo(before);
        assertThat(client.pathTo(overlay.web()).orElseThrow().node()).isEqualTo(path.node());
    }

    @Test
    @Order(6)
    void aPodWhoseSandboxWasKilledHasTheSameAddressAgain() {
        LabNode b = overlay.b();
        Member client = overlay.client();
        String uid = Pods.of(client).getMetadata().getUid();
        NodeHands hands = new NodeHands(b);
        String sandbox = hands.sandbox(client.namespace(), client.pod()).id();
        Map<String, String> before = Pods.ids(Pods.of(client));

        hands.killSandbox(client.namespace(), client.pod());

        Await.until(
                "every container of the pod to be another one, and the pod Ready",
                MINUTE,
                () -> {
                    Pod now = Pods.of(client);
                    return Pods.isReady(now)
                            && Pods.ids(now).keySet().equals(before.keySet())
                            && Pods.ids(now).values().stream().noneMatch(before::containsValue);
                },
                () -> b.kubectl("describe", "pod", client.pod(), "-n", client.namespace())
                        .run()
                        .out());
        assertThat(hands.sandbox(client.namespace(), client.pod()).id()).isNotEqualTo(sandbox);
        assertThat(Pods.of(client).getMetadata().getUid()).isEqualTo(uid);
        assertThat(overlay.client().address()).isEqualTo(client.address());
        new Facts(overlay).ping();
        Film.awaitPath(overlay.client(), overlay.web(), "direct");
    }

    /// Whether traffic to the Service goes to the pod.
    private static boolean isServing(Member member) {
        List<Endpoint> endpoints = member
                .cluster()
                .client()
                .discovery()
                .v1()
                .endpointSlices()
                .inNamespace(member.namespace())
                .withLabel("kubernetes.io/service-name", member.app())
                .list()
                .getItems()
                .stream()
                .flatMap(slice -> slice.getEndpoints().stream())
                .toList();
        return endpoints.stream()
                .anyMatch(endpoint -> Objects.requireNonNull(endpoint.getTargetRef())
                                .getName()
                                .equals(member.pod())
                        && Boolean.TRUE.equals(endpoint.getConditions().getReady()));
    }

    private static String service(String app) {
        return """
                apiVersion: v1
                kind: Service
                metadata: {name: %1$s, namespace: shop}
                spec: {selector: {app: %1$s}, ports: [{port: 80}]}
                """.formatted(app);
    }
}
