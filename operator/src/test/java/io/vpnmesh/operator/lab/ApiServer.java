// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.lab;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.core.x509.Pem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real kube-apiserver and etcd on loopback, without a node and without controllers. Ends with close, or with the JVM. */
public final class ApiServer implements AutoCloseable {

    private static final String TOKEN = "lab-admin-token";
    private static final Duration START_LIMIT = Duration.ofSeconds(90);

    private final Path folder;
    private final int port;
    private final List<Process> processes = new ArrayList<>();
    private final Thread hook = new Thread(this::end);

    private ApiServer(Path folder, int port) {
        this.folder = folder;
        this.port = port;
    }

    /** Where the two programs lie: KUBEBUILDER_ASSETS, or what the lab built into the cache folder. */
    public static Optional<Path> tools() {
        String assets = System.getenv("KUBEBUILDER_ASSETS");
        String cache = Optional.ofNullable(System.getenv("VPNMESH_CACHE"))
                .orElse(Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                                .orElse(System.getProperty("user.home") + "/.cache")
                        + "/vpnmesh");
        Path tools = Path.of(cache, "tools");
        try (Stream<Path> versions = Files.isDirectory(tools) ? Files.list(tools) : Stream.empty()) {
            return Stream.concat(
                            Stream.ofNullable(assets).map(Path::of),
                            versions.sorted(Comparator.reverseOrder()).map(version -> version.resolve("bin")))
                    .filter(bin -> Files.isExecutable(bin.resolve("kube-apiserver"))
                            && Files.isExecutable(bin.resolve("etcd")))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static ApiServer start(Path bin) {
        try {
            Path folder = Files.createTempDirectory("vpnmesh-api-");
            ApiServer server = new ApiServer(folder, freePort());
            Runtime.getRuntime().addShutdownHook(server.hook);
            server.launch(bin);
            server.awaitReady();
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String url() {
        return "https://127.0.0.1:" + port;
    }

    public String token() {
        return TOKEN;
    }

    public Path caFile() {
        return folder.resolve("certs/apiserver.crt");
    }

    public KubernetesClient client() {
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl(url())
                .withOauthToken(TOKEN)
                .withCaCertFile(caFile().toString())
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private void launch(Path bin) throws IOException {
        int etcd = freePort();
        int etcdPeer = freePort();
        Path key = folder.resolve("sa.key");
        Files.writeString(key, Pem.encode(rsaKey()));
        Files.writeString(folder.resolve("tokens.csv"), TOKEN + ",admin,admin,\"system:masters\"\n");
        run(
                bin.resolve("etcd"),
                "--data-dir=" + folder.resolve("etcd"),
                "--unsafe-no-fsync",
                "--log-level=error",
                "--listen-client-urls=http://127.0.0.1:" + etcd,
                "--advertise-client-urls=http://127.0.0.1:" + etcd,
                "--listen-peer-urls=http://127.0.0.1:" + etcdPeer,
                "--initial-advertise-peer-urls=http://127.0.0.1:" + etcdPeer,
                "--initial-cluster=default=http://127.0.0.1:" + etcdPeer);
        run(
                bin.resolve("kube-apiserver"),
                "--etcd-servers=http://127.0.0.1:" + etcd,
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
                "--cert-dir=" + folder.resolve("certs"),
                "--service-cluster-ip-range=10.96.0.0/24",
                "--authorization-mode=RBAC",
                "--token-auth-file=" + folder.resolve("tokens.csv"),
                "--service-account-issuer=https://lab.vpnmesh.io",
                "--service-account-key-file=" + key,
                "--service-account-signing-key-file=" + key,
                "--allow-privileged=true");
    }

    /** The API server reads RSA keys in PKCS#8, elliptic ones only in a form that the JDK does not write. */
    private static PrivateKey rsaKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair().getPrivate();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has RSA", e);
        }
    }

    private void run(Path program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(Arrays.asList(arguments));
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(program.getFileName() + ".log").toFile())
                .start());
    }

    private void awaitReady() throws IOException {
        long end = System.nanoTime() + START_LIMIT.toNanos();
        while (System.nanoTime() < end) {
            for (Process process : processes) {
                if (!process.isAlive()) {
                    throw new IllegalStateException("the lab's API server ended: " + logs());
                }
            }
            if (Files.exists(caFile())) {
                try (KubernetesClient client = client()) {
                    // Before that it answers, and closes connections as it likes.
                    if ("ok".equals(client.raw("/readyz"))
                            && client.namespaces().withName("default").get() != null) {
                        return;
                    }
                } catch (KubernetesClientException e) {
                    // not there yet
                }
            }
            pause();
        }
        throw new IllegalStateException("the lab's API server was not ready in " + START_LIMIT + ": " + logs());
    }

    private static void pause() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private String logs() throws IOException {
        StringBuilder text = new StringBuilder();
        for (String name : List.of("etcd.log", "kube-apiserver.log")) {
            Path log = folder.resolve(name);
            List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
            text.append(name).append('\n');
            lines.subList(Math.max(0, lines.size() - 15), lines.size())
                    .forEach(line -> text.append(line).append('\n'));
        }
        return text.toString();
    }

    @Override
    public void close() {
        end();
        Runtime.getRuntime().removeShutdownHook(hook);
    }

    /** The API server goes first: without its etcd it does not end when asked to. */
    private void end() {
        for (Process process : processes.reversed()) {
            process.destroy();
            try {
                if (!process.waitFor(5, TimeUnit.SECONDS)) {
                    process.destroyForcibly().waitFor(5, TimeUnit.SECONDS);
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
