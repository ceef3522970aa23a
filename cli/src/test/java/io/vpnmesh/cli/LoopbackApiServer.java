// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.core.x509.Pem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real API server with our CRDs on loopback, without controllers. */
final class LoopbackApiServer implements AutoCloseable {

    private static final String TOKEN = "cli-test-token";
    private static final int START_SECONDS = 90;

    private final List<Process> processes = new ArrayList<>();
    private final Path folder;
    private final int port = freePort();

    private LoopbackApiServer(Path folder) {
        this.folder = folder;
    }

    /** Where kube-apiserver and etcd lie: KUBEBUILDER_ASSETS, or the lab's cache folder. */
    static Optional<Path> programs() throws IOException {
        String assets = System.getenv().getOrDefault("KUBEBUILDER_ASSETS", "/nonexistent");
        String cache =
                System.getenv().getOrDefault("VPNMESH_CACHE", System.getProperty("user.home") + "/.cache/vpnmesh");
        List<Path> candidates = new ArrayList<>(List.of(Path.of(assets)));
        Path tools = Path.of(cache, "tools");
        if (Files.isDirectory(tools)) {
            try (Stream<Path> versions = Files.list(tools)) {
                versions.sorted(Comparator.reverseOrder()).forEach(version -> candidates.add(version.resolve("bin")));
            }
        }
        return candidates.stream()
                .filter(bin ->
                        Files.isExecutable(bin.resolve("kube-apiserver")) && Files.isExecutable(bin.resolve("etcd")))
                .findFirst();
    }

    static LoopbackApiServer start(Path programs, Path folder) throws Exception {
        LoopbackApiServer server = new LoopbackApiServer(folder);
        try {
            server.launch(programs);
            server.awaitReady();
            server.install();
            return server;
        } catch (Exception e) {
            server.close();
            throw e;
        }
    }

    Path kubeconfig() throws IOException {
        Path file = folder.resolve("kubeconfig");
        Files.writeString(
                file,
                TestKubeconfig.text(
                        "https://127.0.0.1:" + port,
                        TOKEN,
                        folder.resolve("certs/apiserver.crt").toString()));
        return file;
    }

    KubernetesClient client() throws IOException {
        return new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(kubeconfig().toFile()))
                .build();
    }

    private void launch(Path programs) throws IOException, GeneralSecurityException {
        int etcd = freePort();
        int peer = freePort();
        KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
        rsa.initialize(2048);
        Path key = folder.resolve("sa.key");
        Files.writeString(key, Pem.encode(rsa.generateKeyPair().getPrivate()));
        Files.writeString(folder.resolve("tokens.csv"), TOKEN + ",admin,admin,\"system:masters\"\n");
        String etcdUrl = "http://127.0.0.1:" + etcd;
        String peerUrl = "http://127.0.0.1:" + peer;
        run(
                programs.resolve("etcd").toString(),
                "--data-dir=" + folder.resolve("etcd"),
                "--unsafe-no-fsync",
                "--listen-client-urls=" + etcdUrl,
                "--advertise-client-urls=" + etcdUrl,
                "--listen-peer-urls=" + peerUrl,
                "--initial-advertise-peer-urls=" + peerUrl,
                "--initial-cluster=default=" + peerUrl);
        run(
                programs.resolve("kube-apiserver").toString(),
                "--etcd-servers=" + etcdUrl,
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--secure-port=" + port,
                "--endpoint-reconciler-type=none",
                "--cert-dir=" + folder.resolve("certs"),
                "--service-cluster-ip-range=10.96.0.0/24",
                "--authorization-mode=RBAC",
                "--token-auth-file=" + folder.resolve("tokens.csv"),
                "--service-account-issuer=https://test.vpnmesh.io",
                "--service-account-key-file=" + key,
                "--service-account-signing-key-file=" + key);
    }

    private void run(String... command) throws IOException {
        processes.add(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(processes.size() + ".log").toFile())
                .start());
    }

    private void awaitReady() throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (System.nanoTime() < end) {
            if (Files.exists(folder.resolve("certs/apiserver.crt")) && answers()) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(200);
        }
        throw new IllegalStateException("no API server: " + Files.readString(folder.resolve("1.log")));
    }

    private boolean answers() throws IOException {
        try (KubernetesClient client = client()) {
            return client.namespaces().withName("default").get() != null;
        } catch (KubernetesClientException _) {
            return false;
        }
    }

    private void install() throws Exception {
        try (KubernetesClient client = client();
                DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("../crds"), "*.yaml")) {
            for (Path file : files) {
                client.load(Files.newInputStream(file)).items().forEach(item -> {
                    client.resource(item).create();
                    client.apiextensions()
                            .v1()
                            .customResourceDefinitions()
                            .withName(item.getMetadata().getName())
                            .waitUntilCondition(
                                    crd -> crd != null
                                            && crd.getStatus() != null
                                            && crd.getStatus().getConditions() != null
                                            && crd.getStatus().getConditions().stream()
                                                    .anyMatch(condition ->
                                                            condition.getType().equals("Established")
                                                                    && condition
                                                                            .getStatus()
                                                                            .equals("True")),
                                    20,
                                    TimeUnit.SECONDS);
                });
            }
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The API server first: without its etcd it does not end when asked to. */
    @Override
    public void close() {
        for (Process process : processes.reversed()) {
            process.destroy();
            try {
                if (!process.waitFor(5, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException _) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
