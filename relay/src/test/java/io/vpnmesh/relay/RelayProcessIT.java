// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.nat.relay.RelayClientEvent;
import io.vpnmesh.node.identity.NodeCredentials;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program itself, outside Kubernetes: configuration file, identity folder, feed file, SIGTERM. */
@Timeout(90)
class RelayProcessIT {

    /** What the image's runtime is made of: a class from elsewhere must not be needed. */
    private static final String IMAGE_MODULES =
            "java.base,java.logging,java.naming,java.management,jdk.unsupported,jdk.httpserver";

    private final TestMesh mesh = new TestMesh();

    @TempDir
    private Path folder;

    private @Nullable Process process;

    @AfterEach
    void stop() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    private Process run(String config) throws IOException {
        Path file = folder.resolve("relay.conf");
        Files.writeString(file, config);
        Process started = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--limit-modules",
                        IMAGE_MODULES,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "run",
                        "--config",
                        file.toString()))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        process = started;
        return started;
    }

    private String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    private String writeIdentity(NodeCredentials credentials, int health, int metrics) throws IOException {
        Path identity = Files.createDirectories(folder.resolve("identity"));
        Files.writeString(
                identity.resolve("key.pem"), Pem.encode(credentials.keyPair().privateKey()));
        Files.writeString(
                identity.resolve("chain.pem"), Pem.encode(List.of(credentials.leaf(), credentials.intermediate())));
        Files.writeString(identity.resolve("roots.pem"), Pem.encode(credentials.roots()));
        Files.writeString(folder.resolve("feed"), "");
        return "identity.dir=" + identity + "\nfeed.file=" + folder.resolve("feed") + "\nstate.dir="
                + folder.resolve("state") + "\nudp.port=0\ntls.port=0\nhealth.port=" + health + "\nmetrics.port="
                + metrics + "\n";
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sockets.add(new ServerSocket(0));
        }
        List<Integer> ports = sockets.stream().map(ServerSocket::getLocalPort).toList();
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return ports;
    }

    private static String get(int port, String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
        return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void runsFromFilesServesClientsAndEndsOnSigterm() throws Exception {
        List<Integer> ports = freePorts(2);
        NodeCredentials credentials = mesh.relayCredentials();
        Process relay = run(writeIdentity(credentials, ports.get(0), ports.get(1)));
        awaitLog(relay, "event=relay-running");
        String udp = log().replaceAll("(?s).*udp=\\S*:(\\d+) .*", "$1");

        assertThat(get(ports.get(0), "/ready")).isEqualTo("ok\n");
        assertThat(get(ports.get(0), "/status")).contains("\"role\":\"relay\"");
        try (TestClient client =
                new TestClient(mesh, mesh.sidecar(20, 1, "198.18.0.20"), credentials, Integer.parseInt(udp))) {
            client.attach();
            assertThat(client.lease()).isNegative();
            awaitMetric(ports.get(1), "vpnmesh_relay_clients 1\n");

            long asked = System.nanoTime();
            relay.destroy();

            client.await(RelayClientEvent.Moving.class);
            assertThat(relay.waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - asked)).isLessThan(4_000);
        }
        assertThat(log()).contains("event=draining").doesNotContain("ERROR");
    }

    private static void awaitMetric(int port, String line) throws Exception {
        for (int i = 0; i < 100 && !get(port, "/metrics").contains(line); i++) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertThat(get(port, "/metrics")).contains(line);
    }

    private void awaitLog(Process relay, String text) throws Exception {
        for (int i = 0; i < 600 && !log().contains(text); i++) {
            assertThat(relay.isAlive()).as(log()).isTrue();
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertThat(log()).contains(text);
    }

    @Test
    void badConfigurationEndsWithTheFix() throws Exception {
        Process relay = run("identity.dir=" + folder + "\nfeed.file=x\nudp.prot=4500\n");

        assertThat(relay.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(relay.exitValue()).isEqualTo(2);
        assertThat(log()).contains("udp.prot").contains("udp.port");
    }

    @Test
    void missingIdentityEndsWithTheFileThatIsMissing() throws Exception {
        List<Integer> ports = freePorts(2);
        String config = writeIdentity(mesh.relayCredentials(), ports.get(0), ports.get(1));
        Files.delete(folder.resolve("identity").resolve("chain.pem"));

        Process relay = run(config);

        assertThat(relay.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(relay.exitValue()).isEqualTo(2);
        assertThat(log()).contains("chain.pem");
    }
}
