// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.lab;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Starts the API server with our CRDs before the operator, and points the operator at it. */
public final class LabResource implements QuarkusTestResourceLifecycleManager {

    public static final String NAMESPACE = "vpnmesh-system";
    public static final String WEBHOOK = "vpnmesh-operator";

    private @Nullable ApiServer server;

    @Override
    public Map<String, String> start() {
        Path bin = ApiServer.tools()
                .orElseThrow(() -> new IllegalStateException(
                        "no kube-apiserver and etcd: run e2e/tools/build, or set KUBEBUILDER_ASSETS"));
        server = ApiServer.start(bin);
        try (KubernetesClient client = server.client()) {
            prepare(client);
        }
        return Map.of(
                "quarkus.kubernetes-client.api-server-url", server.url(),
                "quarkus.kubernetes-client.token", server.token(),
                "quarkus.kubernetes-client.ca-cert-file", server.caFile().toString(),
                "vpnmesh.namespace", NAMESPACE,
                "vpnmesh.tls.extra-names", "localhost",
                "quarkus.http.test-ssl-port", "0",
                "quarkus.management.test-port", "0");
    }

    private static void prepare(KubernetesClient client) {
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
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void stop() {
        if (server != null) {
            server.close();
        }
    }
}
