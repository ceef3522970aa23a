// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The main job on two real clusters, and the life of pods in it.
@TwoClusters
@Order(TwoClusters.LAST + 1)
class OverlayIT {
    private static final Duration FEW_SECONDS = Duration.ofSeconds(5);
    private static final Duration MINUTE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final Overlay overlay;

    OverlayIT(Overlay overlay) {
        this.overlay = overlay;
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

    /// The image was built where the library is installed: e2e/tools/packages sees to that.
    @Test
    @Order(2)
    void packetsAreSealedByTheNativeLibraryOfTheImage() throws IOException {
        assumeTrue(
                Files.readString(Path.of("/proc/cpuinfo")).contains(" pclmulqdq "),
                "this processor has other instructions");

        assertThat(overlay.client().status().orElseThrow().crypto())
                .satisfies(crypto -> assertThat(crypto.aead()).as("%s", crypto).isEqualTo("ipsec-mb"));
    }

    @Test
    @Order(3)
    void aDownloadSurvivesBothSwitches() {
        Film.Outcome outcome = new Film(overlay, new Progress()).play();

        assertThat(outcome.relayedReason()).isEqualTo("SymmetricNat");
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
    void aDeletedPodLeavesThePeersListsWithinFiveSeconds() {
        overlay.b().apply(Pods.idle(Overlay.SHOP, "guest", "{vpnmesh.io/mesh: vpnmesh/demo}"));
        Member guest = overlay.member(overlay.b(), "guest");
        guest.exec("ping", "-c", "2", "-W", "3", overlay.web().address()).orThrow();
        Await.until(
                "web to list the guest",
                MINUTE,
                () -> lists(overlay.web(), guest),
                () -> String.valueOf(overlay.web().status()));

        Pods.delete(overlay.b(), Overlay.SHOP, "guest");
        Await.until(
                "the pod to be gone",
                MINUTE,
                () -> Pods.find(overlay.b(), Overlay.SHOP, "guest").isEmpty(),
                () -> "still there");

        Await.until(
                "web to forget the guest",
                FEW_SECONDS,
                () -> !lists(overlay.web(), guest),
                () -> String.valueOf(overlay.web().status()));
    }

    @Test
    @Order(6)
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
    @Order(7)
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
    @Order(8)
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

    private static boolean lists(Member from, Member other) {
        return from.pathTo(other).isPresent();
    }
}
