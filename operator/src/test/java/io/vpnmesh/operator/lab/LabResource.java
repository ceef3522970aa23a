// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.lab;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Starts the API server with our CRDs and the rendered chart (without its Deployment: the operator runs in the test), and
 * points the operator at it.
 */
public final class LabResource implements QuarkusTestResourceLifecycleManager {

    public static final String NAMESPACE = "vpnmesh-system";
    public static final String WEBHOOK = "vpnmesh-operator";

    private @Nullable ApiServer server;
    private @Nullable KubernetesClient client;

    @Override
    public Map<String, String> start() {
        Path bin = ApiServer.tools()
                .orElseThrow(() -> new IllegalStateException(
                        "no kube-apiserver and etcd: run e2e/tools/build, or set KUBEBUILDER_ASSETS"));
        server = ApiServer.start(bin);
        try (KubernetesClient client = server.client()) {
            prepare(client, bin);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Map.of(
                "quarkus.kubernetes-client.api-server-url",
                server.url(),
                "quarkus.kubernetes-client.token",
                server.token(),
                "quarkus.kubernetes-client.ca-cert-file",
                server.caFile().toString(),
                "vpnmesh.namespace",
                NAMESPACE,
                "vpnmesh.tls.extra-names",
                "localhost",
                "quarkus.http.test-ssl-port",
                "0",
                "quarkus.management.test-port",
                "0");
    }

    private static void prepare(KubernetesClient client, Path bin) throws IOException {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .endMetadata()
                        .build())
                .create();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of("../crds"), "*.yaml")) {
            for (Path file : files) {
                try (InputStream yaml = Files.newInputStream(file)) {
                    client.load(yaml).create();
                }
            }
        }
        client.load(new ByteArrayInputStream(renderedChart(bin).getBytes(StandardCharsets.UTF_8))).items().stream()
                .filter(object -> !(object instanceof Deployment))
                .forEach(object -> client.resource(object).create());
    }

    /** The chart as Helm renders it. */
    public static String renderedChart(Path bin) throws IOException {
        Path helm = bin.resolve("helm");
        Process process = new ProcessBuilder(
                        helm.toString(),
                        "template",
                        "vpnmesh",
                        "../charts/vpnmesh",
                        "--namespace=" + NAMESPACE,
                        "--kube-version=1.36.4")
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException("helm template failed: " + text);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return text;
    }

    /** For tests of the packaged operator, which have no CDI. */
    @Override
    public void inject(TestInjector injector) {
        if (server != null) {
            client = server.client();
            injector.injectIntoFields(
                    client,
                    field -> field.getType() == KubernetesClient.class
                            && field.getDeclaringClass().isAnnotationPresent(QuarkusIntegrationTest.class));
        }
    }

    @Override
    public void stop() {
        if (client != null) {
            client.close();
        }
        if (server != null) {
            server.close();
        }
    }
}
