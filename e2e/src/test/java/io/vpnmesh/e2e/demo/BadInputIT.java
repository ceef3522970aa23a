// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.vpnmesh.e2e.cluster.LabNode;
import io.vpnmesh.e2e.run.Command;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/// What people and pods may get wrong, on two whole clusters: each gets the message that names the fix, where they look
/// for it, and nothing else changes.
@TwoClusters
@Order(TwoClusters.LAST + 4)
class BadInputIT {
    private static final String LOCAL = "local";
    private static final Duration MOMENT = Duration.ofSeconds(10);

    /// A mesh that is not ready is looked at every 2 s.

    private final Overlay overlay;
    private final LabNode a;

    BadInputIT(Overlay overlay) {
        this.overlay = overlay;
        this.a = overlay.a();
    }

    /// A second mesh, for its namespace only, and with a range that holds the pods' own addresses.
    @BeforeAll
    void foundAMeshThatCollides() {
        a.apply("""
                apiVersion: v1
                kind: Namespace
                metadata: {name: local}
                ---
                apiVersion: vpnmesh.io/v1alpha1
                kind: VpnMesh
                metadata: {name: local, namespace: local}
                spec:
                  addressing: {ipv4: 10.244.0.0/16}
                  relay: {replicas: 1, expose: {type: ClusterIP}}
                """);
        Meshes.awaitCondition(a, LOCAL, LOCAL, "KeysValid", "True");
    }

    @AfterAll
    void takeItAway() {
        a.kubectl("delete", "namespace", LOCAL, "--wait=false").run();
    }

    @Test
    @Order(1)
    void anUnknownMeshIsRefusedWithThoseThatThePodMayUse() {
        refusedPod(
                "vpnmesh/nowhere",
                "no VpnMesh vpnmesh/nowhere in this cluster (pods of this namespace may use [vpnmesh/demo]): correct"
                        + " vpnmesh.io/mesh or create the VpnMesh first");
    }

    @Test
    @Order(2)
    void aNamespaceThatIsNotAllowedIsRefusedWithTheFieldToSet() {
        refusedPod(
                "local/local",
                "VpnMesh local/local does not allow pods of namespace shop: set its spec.allowedNamespaces to {from:"
                        + " All}, or to a selector that matches the namespace's labels");
    }

    @Test
    @Order(3)
    void malformedRangesAreRefusedByTheApiServer() {
        refusedMesh(
                "ipv4: 10.0.0.0/33",
                "ipv4 must be an IPv4 range ADDRESS/LENGTH with a length of 8 to 24, for example 198.18.0.0/16");
        refusedMesh(
                "ipv4: ten.0.0.0/8",
                "ipv4 must be an IPv4 range ADDRESS/LENGTH with a length of 8 to 24, for example 198.18.0.0/16");
        refusedMesh(
                "ipv6: 'fd00::/8'",
                "ipv6 must be an IPv6 range ADDRESS/LENGTH with a length of 32 to 56, for example fd12:3456:789a::/48");
        refusedMesh(
                "ipv4: 198.18.0.0/22, clusterPrefixLength: 20",
                "clusterPrefixLength must not be shorter than the prefix of ipv4: a cluster's share has to fit into the"
                        + " mesh's range");
    }

    @Test
    @Order(4)
    void aRangeThatThePodNeedsItselfIsFoundBeforeARouteIsAdded() {
        a.apply(Pods.idle(LOCAL, "clash", "{vpnmesh.io/mesh: local}"));

        String words = Pods.setupsLastWords(a, LOCAL, "clash");

        Pod pod = Pods.get(a, LOCAL, "clash");
        assertThat(words)
                .startsWith(
                        "vpnmesh-sidecar: no route was added, because the mesh range 10.244.0.0/16 holds the pod's own"
                                + " address (" + pod.getStatus().getPodIP() + ")")
                .endsWith(
                        "Choose another range in spec.addressing of the VpnMesh; 198.18.0.0/16 is free nearly everywhere");
        NodeHands hands = new NodeHands(a);
        String sandbox = hands.sandbox(LOCAL, "clash").pid();
        assertThat(hands.inNetworkOf(sandbox, "ip", "-o", "link")).doesNotContain("mesh0");
        assertThat(hands.inNetworkOf(sandbox, "ip", "-4", "route")).doesNotContain("10.244.0.0/16");
        Pods.delete(a, LOCAL, "clash");
    }

    @Test
    @Order(5)
    void tokensThatAreNotThePodsOwnAreRefused() {
        Member client = overlay.client();
        LabNode b = overlay.b();
        b.apply(Pods.idle(Overlay.SHOP, "plain", "{}"));

        assertThat(address(token(client.pod(), "https://kubernetes.default.svc")))
                .contains("TokenAudience")
                .contains("mount a projected serviceAccountToken with audience: vpnmesh.io");
        assertThat(address(b.kubectl("create", "token", "default", "-n", Overlay.SHOP, "--audience=vpnmesh.io")
                        .orThrow()))
                .contains("TokenNotOfAPod")
                .contains("use the projected token that the kubelet mounts");
        assertThat(address(token("plain", "vpnmesh.io")))
                .contains("PodNotMarked")
                .contains("asks for no mesh: set the annotation vpnmesh.io/mesh in its template");
        assertThat(address(anotherClustersToken()))
                .contains("TokenRefused")
                .contains("it must be a projected token of this cluster");
    }

    /// The whole sidecar, copied from an injected pod, in a pod that admission was not asked about.
    @Test
    @Order(6)
    void aPodMadeByHandThatCameAroundAdmissionIsNotLetIn() {
        LabNode b = overlay.b();
        Pod copy = withoutMarks(Pods.of(overlay.client()));
        Pod handmade = b.client().resource(copy).create();

        assertThat(Pods.setupsLastWords(b, Overlay.SHOP, "handmade"))
                .isEqualTo(
                        "vpnmesh-sidecar: the operator answered 403 PodNotMarked: pod shop/handmade asks for no mesh: set the annotation vpnmesh.io/mesh in its"
                                + " template and create it anew, so that the sidecar is injected");
        b.kubectl("annotate", "pod", "handmade", "-n", Overlay.SHOP, "vpnmesh.io/mesh=vpnmesh/demo")
                .orThrow();
        assertThat(address(token("handmade", "vpnmesh.io")))
                .contains("PodNotInjected")
                .contains("create it anew while the operator runs, and leave the sidecar to the webhook");

        assertThat(overlay.allocationState(b, handmade.getMetadata().getUid())).isEmpty();
        assertThat(b.kubectl("get", "vpnpeer", "handmade", "-n", Overlay.SHOP)
                        .run()
                        .isSuccess())
                .isFalse();
        Pods.delete(b, Overlay.SHOP, "handmade");
    }

    @Test
    @Order(7)
    void aBadConfigurationFileEndsTheProgramWithTheSettingThatIsWrong() {
        LabNode b = overlay.b();
        b.apply("""
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: by-hand, namespace: shop}
                data: {config: "identity.dir=/config\\nfeed.fiel=/config/feed\\n"}
                ---
                apiVersion: v1
                kind: Pod
                metadata: {name: by-hand, namespace: shop}
                spec:
                  restartPolicy: Never
                  containers:
                    - name: node
                      image: %s
                      imagePullPolicy: IfNotPresent
                      args: [run, --config, /config/config]
                      terminationMessagePolicy: FallbackToLogsOnError
                      volumeMounts: [{name: config, mountPath: /config}]
                  volumes: [{name: config, configMap: {name: by-hand}}]
                """.formatted(sidecarImage()));

        assertThat(Pods.lastWords(b, Overlay.SHOP, "by-hand", "node"))
                .startsWith("vpnmesh-sidecar: unknown settings in /config/config: feed.fiel; known are: ")
                .contains("feed.file");
        Pods.delete(b, Overlay.SHOP, "by-hand");
    }

    @Test
    @Order(8)
    void garbageIsCountedAndChangesNothing() {
        Member client = overlay.client();
        Garbage garbage = new Garbage(overlay);
        var before = Pods.ids(Pods.of(client));
        long dropped = garbage.droppedBy(client);

        garbage.throwAt(client);
        garbage.throwAtRelay();

        Await.until(
                "the sidecar to count what it dropped",
                MOMENT,
                () -> garbage.droppedBy(client) >= dropped + Garbage.UNMISTAKABLE,
                () -> garbage.metrics(client));
        new Facts(overlay).ping();
        assertThat(Pods.ids(Pods.of(client))).isEqualTo(before);
        assertThat(Pods.restarts(Pods.get(a, Overlay.MESH_NAMESPACE, "demo-relay-0")))
                .isZero();
    }

    @Test
    @Order(9)
    void aRootThatIsGoneIsNamedAndNeverMadeAgain() {
        String meshId = Meshes.field(a, LOCAL, LOCAL, "meshId");
        a.kubectl("delete", "secret", "local-root", "-n", LOCAL).orThrow();
        a.kubectl("annotate", "vpnmesh", LOCAL, "-n", LOCAL, "example.com/look=now")
                .orThrow();

        var condition = Meshes.awaitCondition(a, LOCAL, LOCAL, "KeysValid", "False");

        assertThat(condition)
                .containsEntry("reason", "RootMissing")
                .containsEntry(
                        "message",
                        "Secret local/local-root with the mesh's root is gone. Restore it from a backup; the operator never"
                                + " makes a second root over an existing mesh. To begin a new mesh, delete this VpnMesh and the"
                                + " Secret local-cluster");
        Await.until("the event", MOMENT, () -> events(LOCAL).contains("RootMissing"), () -> events(LOCAL));
        touch("192.0.2.11:3478");
        // The operator looks at the new spec, and finds the same as before.
        var later = Await.present(
                "a look at the new spec",
                MOMENT,
                () -> Meshes.condition(a, LOCAL, LOCAL, "KeysValid")
                        .filter(found ->
                                !Objects.equals(found.get("observedGeneration"), condition.get("observedGeneration"))),
                condition::toString);
        assertThat(later)
                .containsEntry("status", "False")
                .containsEntry("reason", "RootMissing")
                .containsEntry("message", condition.get("message"))
                .containsEntry("lastTransitionTime", condition.get("lastTransitionTime"));
        assertThat(a.kubectl("get", "secret", "local-root", "-n", LOCAL).run().err())
                .contains("not found");
        assertThat(Meshes.field(a, LOCAL, LOCAL, "meshId")).isEqualTo(meshId);
        Meshes.awaitCondition(a, Overlay.MESH_NAMESPACE, Overlay.MESH, "Ready", "True");
    }

    /// A mesh that is well is looked at once a minute, and when its spec changes.
    private void touch(String stunServer) {
        a.kubectl(
                        "patch",
                        "vpnmesh",
                        LOCAL,
                        "-n",
                        LOCAL,
                        "--type=merge",
                        "--patch={\"spec\":{\"stunServers\":[\"" + stunServer + "\"]}}")
                .orThrow();
    }

    private void refusedPod(String mesh, String message) {
        Command.Result answer = a.kubectl("apply", "-f", "-")
                .input(Pods.idle(Overlay.SHOP, "lost", "{vpnmesh.io/mesh: %s}".formatted(mesh)))
                .run();

        assertThat(answer.isSuccess()).isFalse();
        assertThat(answer.err().strip()).endsWith("denied the request: " + message);
        assertThat(Pods.find(a, Overlay.SHOP, "lost")).isEmpty();
    }

    private void refusedMesh(String addressing, String message) {
        Command.Result answer =
                a.kubectl("apply", "-f", "-").input("""
                        apiVersion: vpnmesh.io/v1alpha1
                        kind: VpnMesh
                        metadata: {name: odd, namespace: local}
                        spec: {addressing: {%s}}
                        """.formatted(addressing)).run();

        assertThat(answer.isSuccess()).isFalse();
        assertThat(answer.err()).contains(message);
        assertThat(a.kubectl("get", "vpnmesh", "odd", "-n", LOCAL).run().err()).contains("not found");
    }

    /// What `POST /v1/address` answers in b to a request with this token.
    private String address(String token) {
        LabNode b = overlay.b();
        String operator = b.client()
                .services()
                .inNamespace(Product.OPERATOR_NAMESPACE)
                .withName("vpnmesh-operator")
                .get()
                .getSpec()
                .getClusterIP();
        return b.site()
                .node()
                .command(
                        "curl",
                        "-ksS",
                        "--max-time",
                        "10",
                        "-X",
                        "POST",
                        "-H",
                        "Authorization: Bearer " + token,
                        "https://" + operator + "/v1/address")
                .orThrow();
    }

    private String token(String pod, String audience) {
        return tokenOf(overlay.b(), pod, audience);
    }

    private static String tokenOf(LabNode cluster, String pod, String audience) {
        return cluster.kubectl(
                        "create",
                        "token",
                        "default",
                        "-n",
                        Overlay.SHOP,
                        "--audience=" + audience,
                        "--bound-object-kind=Pod",
                        "--bound-object-name=" + pod)
                .orThrow();
    }

    private String anotherClustersToken() {
        return tokenOf(a, overlay.web().pod(), "vpnmesh.io");
    }

    private String sidecarImage() {
        return Pods.of(overlay.client()).getSpec().getInitContainers().stream()
                .filter(container -> container.getName().equals(Pods.SIDECAR))
                .findFirst()
                .orElseThrow()
                .getImage();
    }

    private static Pod withoutMarks(Pod injected) {
        List<Volume> volumes = injected.getSpec().getVolumes().stream()
                .filter(volume -> !volume.getName().startsWith("kube-api-access"))
                .toList();
        Pod copy = new PodBuilder()
                .withNewMetadata()
                .withName("handmade")
                .withNamespace(Overlay.SHOP)
                .addToLabels("app", "handmade")
                .endMetadata()
                .withSpec(new PodBuilder(injected).build().getSpec())
                .editSpec()
                .withNodeName(null)
                .withVolumes(volumes)
                .endSpec()
                .build();
        Stream.concat(copy.getSpec().getInitContainers().stream(), copy.getSpec().getContainers().stream())
                .forEach(container -> container
                        .getVolumeMounts()
                        .removeIf(mount -> mount.getName().startsWith("kube-api-access")));
        return copy;
    }

    private String events(String namespace) {
        return a.kubectl("get", "events", "-n", namespace).run().out();
    }
}
