// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.crds.VpnInviteStatus;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.crds.VpnPeerSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands against a real API server with our CRDs; no operator runs, so that each of its states can be set. */
@Tag("lab")
class CommandsIT {

    @TempDir
    static Path folder;

    private static LoopbackApiServer server;
    private static KubernetesClient client;

    @BeforeAll
    static void start() throws Exception {
        Optional<Path> programs = LoopbackApiServer.programs();
        assumeTrue(programs.isPresent(), "no kube-apiserver and etcd: run e2e/tools/build, or set KUBEBUILDER_ASSETS");
        server = LoopbackApiServer.start(programs.get(), folder);
        client = server.client();
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("mesh")
                        .endMetadata()
                        .build())
                .create();
        client.resource(mesh("demo")).create();
    }

    @AfterAll
    static void stop() {
        if (client != null) {
            client.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @Test
    void invitePrintsTheTokenAndNothingElse() throws Exception {
        CompletableFuture<Cli> cli =
                CompletableFuture.supplyAsync(() -> run("invite", "demo", "-n", "mesh", "--uses", "2"));
        VpnInvite invite = client
                .resources(VpnInvite.class)
                .inNamespace("mesh")
                .informOnCondition(found -> found.stream()
                        .anyMatch(
                                item -> Integer.valueOf(2).equals(item.getSpec().uses())))
                .get(20, TimeUnit.SECONDS)
                .stream()
                .filter(item -> Integer.valueOf(2).equals(item.getSpec().uses()))
                .findFirst()
                .orElseThrow();
        client.resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("the-token")
                        .withNamespace("mesh")
                        .endMetadata()
                        .addToStringData("token", "vpnmesh-join-1.abc\n")
                        .build())
                .create();
        status(invite, "the-token", "Usable");

        Cli done = cli.get(30, TimeUnit.SECONDS);
        assertThat(done.exit()).as(done.err()).isZero();
        assertThat(done.out()).isEqualTo("vpnmesh-join-1.abc" + System.lineSeparator());
    }

    @Test
    void inviteWithoutOperatorSaysSo() {
        Cli cli = run("invite", "demo", "-n", "mesh", "--timeout", "1");

        assertThat(cli.exit()).isEqualTo(1);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).contains("No operator has looked at it");
    }

    @Test
    void inviteToAnUnknownMeshNamesTheOthers() {
        assertThat(run("invite", "nope", "-n", "mesh").err())
                .contains("no VpnMesh nope")
                .contains("demo");
    }

    @Test
    void wrongDurationIsExplainedByTheApiServer() {
        assertThat(run("invite", "demo", "-n", "mesh", "--expires", "1y").err()).contains("expiresAfter must be");
    }

    @Test
    void joinWritesBothObjectsAndTakesANewToken() throws Exception {
        Path file = folder.resolve("token");
        Files.writeString(
                file, JoinCommandTest.token(Instant.now().plusSeconds(600)).text());
        Cli first = run("join", "second", "-n", "mesh", "--token-file", file.toString());
        String later = JoinCommandTest.token(Instant.now().plusSeconds(900)).text();
        Files.writeString(file, later);
        Cli again = run("join", "second", "-n", "mesh", "--token-file", file.toString());

        assertThat(first.exit()).as(first.err()).isZero();
        assertThat(again.exit()).as(again.err()).isZero();
        assertThat(client.secrets()
                        .inNamespace("mesh")
                        .withName("second-invite")
                        .get()
                        .getData())
                .containsEntry("token", Base64.getEncoder().encodeToString(later.getBytes(StandardCharsets.UTF_8)));
        VpnMesh joined = client.resources(VpnMesh.class)
                .inNamespace("mesh")
                .withName("second")
                .get();
        assertThat(requireNonNull(joined.getSpec().join()).secretRef().name()).isEqualTo("second-invite");
    }

    @Test
    void joinDoesNotTouchAMeshThatWasFoundedHere() throws Exception {
        Path file = folder.resolve("token-demo");
        Files.writeString(
                file, JoinCommandTest.token(Instant.now().plusSeconds(600)).text());

        assertThat(run("join", "demo", "-n", "mesh", "--token-file", file.toString())
                        .err())
                .contains("spec.join cannot change");
        assertThat(run("join", "demo", "-n", "nowhere", "--token-file", file.toString())
                        .err())
                .contains("kubectl create namespace nowhere");
        assertThat(client.secrets().inNamespace("mesh").withName("demo-invite").get())
                .isNull();
    }

    @Test
    void statusOfAMeshThatIsNotReadyFails() {
        Cli cli = run("status", "demo", "-n", "mesh", "--wait", "--timeout", "1");

        assertThat(cli.exit()).isEqualTo(1);
        assertThat(cli.out()).contains("mesh/demo: not Ready");
        assertThat(run("status", "-n", "mesh", "-o", "json").out()).containsPattern("\"kind\" ?: ?\"List\"");
    }

    @Test
    void peersAreListedOverAllNamespaces() {
        VpnPeer peer = new VpnPeer();
        peer.getMetadata().setNamespace("default");
        peer.getMetadata().setName("web-1");
        peer.setSpec(new VpnPeerSpec(new VpnPeerSpec.MeshRef("mesh", "demo"), "web-1", "uid-1", "node-1"));
        client.resource(peer).create();

        assertThat(run("peers").out()).contains("web-1").contains("mesh/demo").contains("idle");
        assertThat(run("peers", "-n", "mesh").out()).contains("No pod has joined");
        Cli json = run("peers", "-o", "json");
        assertThat(json.out()).as(json.err()).contains("\"podName\"").contains("web-1");
        assertThat(run("peers", "other").out()).doesNotContain("web-1");
    }

    private static Cli run(String... arguments) {
        try {
            List<String> all = new ArrayList<>(List.of(arguments));
            all.addAll(List.of("--kubeconfig", server.kubeconfig().toString()));
            return Cli.run(all.toArray(new String[0]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static VpnMesh mesh(String name) {
        VpnMesh mesh = new VpnMesh();
        mesh.getMetadata().setNamespace("mesh");
        mesh.getMetadata().setName(name);
        mesh.setSpec(VpnMeshSpec.empty());
        return mesh;
    }

    private static void status(VpnInvite invite, String secretName, String reason) {
        client.resource(invite).editStatus(current -> {
            current.setStatus(new VpnInviteStatus(
                    1L,
                    Instant.now().plusSeconds(60).toString(),
                    2,
                    secretName,
                    List.of(),
                    List.of(new ConditionBuilder()
                            .withType("Ready")
                            .withStatus("True")
                            .withReason(reason)
                            .withMessage("usable")
                            .withLastTransitionTime(Instant.now().toString())
                            .build())));
            return current;
        });
    }
}
