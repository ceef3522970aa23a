// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.directory.join.JoinSecret;
import io.vpnmesh.directory.join.JoinToken;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoinCommandTest {

    @TempDir
    Path folder;

    @Test
    void dryRunPrintsWhatWouldBeWritten() throws Exception {
        String token = token(Instant.now().plusSeconds(600)).text();

        Cli cli = join(token + "\n", "--dry-run", "-n", "shop");

        assertThat(cli.exit()).as(cli.err()).isZero();
        String[] documents = cli.out().split("(?m)^---\n", -1);
        Secret secret = Serialization.unmarshal(documents[1], Secret.class);
        VpnMesh mesh = Serialization.unmarshal(documents[2], VpnMesh.class);
        assertThat(secret.getStringData()).isEqualTo(Map.of("token", token));
        assertThat(secret.getMetadata().getNamespace()).isEqualTo("shop");
        assertThat(requireNonNull(mesh.getSpec().join()).secretRef().name())
                .isEqualTo(secret.getMetadata().getName());
        assertThat(documents[2]).doesNotContain("status").doesNotContain("addressing");
    }

    @Test
    void namespacesThatMayJoinStandInTheVpnMesh() throws Exception {
        String token = token(Instant.now().plusSeconds(600)).text();

        assertThat(join(token, "--dry-run", "-n", "shop").out()).doesNotContain("allowedNamespaces");
        assertThat(join(token, "--dry-run", "-n", "shop", "--all-namespaces-may-join")
                        .out())
                .containsPattern("allowedNamespaces:\\s+from: \"?All");
    }

    @Test
    void expiredTokenIsRefusedBeforeAnythingIsWritten() throws Exception {
        Cli cli = join(token(Instant.now().minusSeconds(1)).text(), "--dry-run");

        assertThat(cli.exit()).isEqualTo(1);
        assertThat(cli.out()).isEmpty();
        assertThat(cli.err()).contains("expired").contains("invite again");
    }

    @Test
    void brokenTokenSaysWhatToPaste() throws Exception {
        String token = token(Instant.now().plusSeconds(600)).text();

        assertThat(join(token.substring(0, 40), "--dry-run").err()).contains("cut off");
        assertThat(join("hello", "--dry-run").err()).contains("kubectl vpnmesh invite");
        assertThat(Cli.run("join", "m", "--token-file", folder.resolve("none").toString())
                        .err())
                .contains("cannot read the token");
    }

    @Test
    void missingKubeconfigIsNamed() {
        Cli cli = Cli.run("peers", "--kubeconfig", folder.resolve("none").toString());

        assertThat(cli.exit()).isEqualTo(1);
        assertThat(cli.err()).contains("cannot read the kubeconfig").contains("none");
    }

    @Test
    void unreachableServerIsNamed() throws Exception {
        Path kubeconfig = folder.resolve("config");
        Files.writeString(kubeconfig, TestKubeconfig.text("https://127.0.0.1:1", "token", ""));

        Cli cli = Cli.run("status", "--kubeconfig", kubeconfig.toString());

        assertThat(cli.exit()).isEqualTo(1);
        assertThat(cli.err()).contains("cannot be reached").doesNotContain("\tat ");
    }

    @Test
    void wrongUsageHasItsOwnExitCode() {
        assertThat(Cli.run("invite").exit()).isEqualTo(2);
        assertThat(Cli.run("nonsense").exit()).isEqualTo(2);
        assertThat(Cli.run().exit()).isEqualTo(2);
        assertThat(Cli.run("--help").exit()).isZero();
    }

    private Cli join(String input, String... more) throws Exception {
        Path file = folder.resolve("token");
        Files.writeString(file, input);
        String[] arguments = new String[more.length + 4];
        System.arraycopy(new String[] {"join", "demo", "--token-file", file.toString()}, 0, arguments, 0, 4);
        System.arraycopy(more, 0, arguments, 4, more.length);
        return Cli.run(arguments);
    }

    static JoinToken token(Instant expires) {
        return new JoinToken(
                new MeshId(1, 2),
                new byte[32],
                List.of("192.0.2.1:443"),
                JoinSecret.generate(new SecureRandom()),
                expires);
    }
}
