// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.e2e.cluster.LabNode;
import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** The main job on two real clusters, then everything that may go wrong around it. One pair of clusters serves all tests. */
@Tag("lab")
@TestMethodOrder(OrderAnnotation.class)
class OverlayIT {
    private static final Duration FEW_SECONDS = Duration.ofSeconds(5);
    private static final Duration MINUTE = Duration.ofSeconds(60);

    @TempDir
    static java.nio.file.Path folder;

    private static Run run;
    private static Overlay overlay;

    @BeforeAll
    static void startTwoClusters() {
        Machine.obstacle().ifPresent(reason -> assumeTrue(false, reason));
        Tools.obstacle().ifPresent(reason -> assumeTrue(false, reason));
        run = Run.open("vmtest", Run.Lifetime.TIED);
        overlay = Overlay.start(run, Product.here(), new Progress());
    }

    @AfterAll
    static void takeDown() {
        if (run != null) {
            run.close();
        }
    }

    @Test
    @Order(1)
    void podsOfTwoClustersMeetDirectlyBehindEndpointIndependentNats() {
        Facts facts = new Facts(overlay);

        assertThat(facts.ping()).contains("3 received");
        assertThat(overlay.client()
                        .exec(
                                "curl",
                                "-sS",
                                "--fail",
                                "--max-time",
                                "10",
                                "http://" + overlay.web().address() + "/")
                        .orThrow())
                .contains("hello from web");
        Film.awaitPath(overlay.client(), overlay.web(), "direct");
        Film.awaitPath(overlay.web(), overlay.client(), "direct");
    }

    @Test
    @Order(2)
    void theSidecarHoldsNoCapability() {
        assertThat(new Facts(overlay).capabilities()).contains("CapEff:\t0000000000000000");
    }

    @Test
    @Order(3)
    void aDownloadSurvivesBothSwitches() {
        Film.Outcome outcome = new Film(overlay, new Progress()).play();

        assertThat(outcome.relayedReason()).isNotBlank();
        assertThat(outcome.toRelay()).isLessThan(Duration.ofSeconds(10));
    }

    @Test
    @Order(4)
    void theRelayAddsNoByteAndTheWireShowsNothingElse() {
        assertThat(new Facts(overlay).captureRelayed(folder)).hasSize(2);
        Film.awaitPath(overlay.client(), overlay.web(), "direct");
    }

    @Test
    @Order(5)
    void aPodThatDidNotAskIsLeftAloneEvenWhileTheOperatorIsAway() {
        scaleOperator(overlay.b(), 0);
        overlay.b().apply(pod("plain", "{}"));

        Pod plain = overlay.b()
                .client()
                .pods()
                .inNamespace(Overlay.SHOP)
                .withName("plain")
                .get();

        assertThat(plain.getSpec().getContainers()).hasSize(1);
        assertThat(plain.getSpec().getInitContainers()).isEmpty();
    }

    @Test
    @Order(6)
    void aKilledSidecarComesBackWithoutTheOperator() {
        Member client = overlay.client();
        int restarts = sidecarRestarts(client);

        killSidecar(overlay.b());

        Await.until(
                "the sidecar to restart",
                MINUTE,
                () -> sidecarRestarts(client) > restarts,
                () -> "restarts " + restarts);
        new Facts(overlay).ping();
        assertThat(overlay.client().address()).isEqualTo(client.address());
    }

    @Test
    @Order(7)
    void theOperatorComesBackAndNothingChangesForRunningPods() {
        Member client = overlay.client();
        scaleOperator(overlay.b(), 1);
        Await.until(
                "the operator",
                MINUTE,
                () -> Integer.valueOf(1)
                        .equals(overlay.b()
                                .client()
                                .apps()
                                .deployments()
                                .inNamespace(Product.OPERATOR_NAMESPACE)
                                .withName("vpnmesh-operator")
                                .get()
                                .getStatus()
                                .getReadyReplicas()),
                () -> overlay.b().kubectl("get", "pods", "-A").run().out());

        assertThat(overlay.client().address()).isEqualTo(client.address());
        new Facts(overlay).ping();
    }

    @Test
    @Order(8)
    void aDeletedPodLeavesThePeersListsWithinFiveSeconds() {
        overlay.b().apply(pod("guest", "{vpnmesh.io/mesh: vpnmesh/demo}"));
        Member guest = overlay.member(overlay.b(), "guest");
        guest.exec("ping", "-c", "2", "-W", "3", overlay.web().address()).orThrow();
        Await.until(
                "web to list the guest",
                MINUTE,
                () -> lists(overlay.web(), guest),
                () -> String.valueOf(overlay.web().status()));

        overlay.b()
                .kubectl("delete", "pod", "guest", "-n", Overlay.SHOP, "--wait=false", "--grace-period=1")
                .orThrow();
        Await.until(
                "the pod to be gone",
                MINUTE,
                () -> overlay.b()
                                .client()
                                .pods()
                                .inNamespace(Overlay.SHOP)
                                .withName("guest")
                                .get()
                        == null,
                () -> "still there");

        Await.until(
                "web to forget the guest",
                FEW_SECONDS,
                () -> !lists(overlay.web(), guest),
                () -> String.valueOf(overlay.web().status()));
    }

    @Test
    @Order(9)
    void aFinishedJobCompletesAndFreesItsAddress() {
        overlay.b().apply("""
                apiVersion: batch/v1
                kind: Job
                metadata: {name: once, namespace: shop}
                spec:
                  backoffLimit: 0
                  template:
                    metadata:
                      labels: {app: once}
                      annotations: {vpnmesh.io/mesh: vpnmesh/demo}
                    spec:
                      restartPolicy: Never
                      containers:
                        - name: once
                          image: vpnmesh-demo-client:1
                          imagePullPolicy: IfNotPresent
                          command: ["curl", "-sS", "--fail", "--retry", "10", "--retry-all-errors", "--retry-delay", "1", "--max-time", "20", "http://%s/"]
                """.formatted(overlay.web().address()));

        Await.until(
                "the job to complete",
                MINUTE,
                () -> {
                    var status = overlay.b()
                            .client()
                            .batch()
                            .v1()
                            .jobs()
                            .inNamespace(Overlay.SHOP)
                            .withName("once")
                            .get()
                            .getStatus();
                    return status != null && Integer.valueOf(1).equals(status.getSucceeded());
                },
                () -> overlay.b()
                        .kubectl("describe", "pods", "-n", Overlay.SHOP, "-l", "app=once")
                        .run()
                        .out());
    }

    @Test
    @Order(10)
    void aFinishedPodGivesItsAddressBack() {
        String uid =
                overlay
                        .b()
                        .client()
                        .pods()
                        .inNamespace(Overlay.SHOP)
                        .withLabel("app", "once")
                        .list()
                        .getItems()
                        .stream()
                        .map(pod -> pod.getMetadata().getUid())
                        .findFirst()
                        .orElseThrow();

        Await.until(
                "the address of the finished pod to rest",
                MINUTE,
                () -> !"HELD".equals(overlay.allocationState(overlay.b(), uid)),
                () -> overlay.allocationState(overlay.b(), uid));
    }

    @Test
    @Order(11)
    void anAppThatTalksDuringItsGracePeriodKeepsItsOverlay() {
        overlay.b().apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: talker, namespace: shop, labels: {app: talker}, annotations: {vpnmesh.io/mesh: vpnmesh/demo}}
                spec:
                  terminationGracePeriodSeconds: 20
                  containers:
                    - name: talker
                      image: vpnmesh-demo-client:1
                      imagePullPolicy: IfNotPresent
                      command:
                        - /bin/sh
                        - -c
                        - >-
                          trap 'i=0; while [ $i -lt 12 ]; do ping -c 1 -W 2 %1$s > /dev/null && echo answer $i; sleep 0.5; i=$((i+1)); done;
                          echo end; exit 0' TERM;
                          until ping -c 1 -W 2 %1$s > /dev/null; do sleep 0.2; done; echo ready; while :; do sleep 0.2; done
                """.formatted(overlay.web().address()));
        overlay.member(overlay.b(), "talker");
        Await.until(
                "talker to reach web",
                MINUTE,
                () -> overlay.b()
                        .kubectl("logs", "-n", Overlay.SHOP, "talker", "-c", "talker")
                        .run()
                        .out()
                        .contains("ready"),
                () -> overlay.b()
                        .kubectl("logs", "-n", Overlay.SHOP, "talker", "-c", "vpnmesh")
                        .run()
                        .out());

        overlay.b()
                .kubectl("delete", "pod", "talker", "-n", Overlay.SHOP, "--wait=false")
                .orThrow();
        String log = overlay.b()
                .kubectl("logs", "-f", "-n", Overlay.SHOP, "talker", "-c", "talker")
                .orThrow();

        assertThat(log.lines().filter(line -> line.startsWith("answer"))).hasSize(12);
        assertThat(log).contains("end");
    }

    @Test
    @Order(12)
    void anUnknownMeshIsRefusedWithTheFix() {
        Command.Result answer = overlay.b()
                .kubectl("apply", "-f", "-")
                .input(pod("lost", "{vpnmesh.io/mesh: vpnmesh/nowhere}"))
                .run();

        assertThat(answer.isSuccess()).isFalse();
        assertThat(answer.err()).contains("nowhere").contains("VpnMesh");
    }

    private static boolean lists(Member from, Member other) {
        return from.pathTo(other).isPresent();
    }

    private static String pod(String name, String annotations) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {name: %1$s, namespace: shop, labels: {app: %1$s}, annotations: %2$s}
                spec:
                  terminationGracePeriodSeconds: 2
                  containers:
                    - name: %1$s
                      image: vpnmesh-demo-client:1
                      imagePullPolicy: IfNotPresent
                      command: ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"]
                """.formatted(name, annotations);
    }

    private static void scaleOperator(LabNode cluster, int replicas) {
        cluster.kubectl(
                        "scale",
                        "deployment/vpnmesh-operator",
                        "-n",
                        Product.OPERATOR_NAMESPACE,
                        "--replicas=" + replicas)
                .orThrow();
        if (replicas == 0) {
            Await.until(
                    "the operator to end",
                    MINUTE,
                    () -> cluster.client()
                            .pods()
                            .inNamespace(Product.OPERATOR_NAMESPACE)
                            .list()
                            .getItems()
                            .isEmpty(),
                    () -> cluster.kubectl("get", "pods", "-A").run().out());
        }
    }

    private static int sidecarRestarts(Member member) {
        return member
                .cluster()
                .client()
                .pods()
                .inNamespace(member.namespace())
                .withName(member.pod())
                .get()
                .getStatus()
                .getInitContainerStatuses()
                .stream()
                .filter(status -> status.getName().equals("vpnmesh"))
                .mapToInt(status -> status.getRestartCount())
                .sum();
    }

    private static void killSidecar(LabNode node) {
        node.command(
                        "sh",
                        "-c",
                        "for s in /proc/[0-9]*/status; do if grep -qs '^Uid:[[:space:]]*29173' $s; then p=${s#/proc/}; kill -9 ${p%/status}; fi; done")
                .orThrow();
    }
}
