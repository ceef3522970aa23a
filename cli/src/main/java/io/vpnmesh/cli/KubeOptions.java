// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which cluster and namespace, as kubectl spells it. */
final class KubeOptions {

    @Option(
            names = {"-n", "--namespace"},
            paramLabel = "NAMESPACE",
            description = "Namespace; the context's one unless given.")
    private @Nullable String namespace;

    @Option(names = "--context", paramLabel = "NAME", description = "Context of the kubeconfig.")
    private @Nullable String context;

    @Option(
            names = "--kubeconfig",
            paramLabel = "FILE",
            description = "Kubeconfig; KUBECONFIG or ~/.kube/config unless given.")
    private @Nullable Path kubeconfig;

    /** The namespace given, or the context's. */
    String namespace(KubernetesClient client) {
        if (namespace != null) {
            return namespace;
        }
        String configured = client.getConfiguration().getNamespace();
        return configured == null || configured.isEmpty() ? "default" : configured;
    }

    /** The namespace given; null where the person gave none. */
    @Nullable
    String givenNamespace() {
        return namespace;
    }

    /** Errors: CliException when there is nothing to connect to. */
    KubernetesClient connect() {
        return new KubernetesClientBuilder().withConfig(config(System.getenv())).build();
    }

    Config config(Map<String, String> environment) {
        Path file = kubeconfig;
        if (file == null && environment.getOrDefault("KUBECONFIG", "").isEmpty() && !isInCluster(environment)) {
            Path home = Path.of(environment.getOrDefault("HOME", "/"), ".kube", "config");
            if (!Files.exists(home)) {
                throw new CliException(
                        "there is no kubeconfig: set KUBECONFIG, give --kubeconfig FILE, or write " + home);
            }
        }
        String first = environment.getOrDefault("KUBECONFIG", "").split(System.getProperty("path.separator"), 2)[0];
        Path named = file != null ? file : first.isEmpty() ? null : Path.of(first);
        if (named != null && !Files.isReadable(named)) {
            throw new CliException("cannot read the kubeconfig " + named + ": check the path and its permissions");
        }
        if (file != null) {
            System.setProperty("kubeconfig", file.toString()); // where the client looks first
        }
        Config config = Config.autoConfigure(context);
        if (context != null) {
            requireContext(config, context);
        }
        return new ConfigBuilder(config)
                .withRequestTimeout(10_000)
                .withConnectionTimeout(5_000)
                .withRequestRetryBackoffLimit(1)
                .build();
    }

    private static void requireContext(Config config, String context) {
        boolean known =
                config.getContexts().stream().anyMatch(named -> named.getName().equals(context));
        if (!known) {
            throw new CliException("the kubeconfig has no context " + context + "; it has "
                    + config.getContexts().stream()
                            .map(named -> named.getName())
                            .toList());
        }
    }

    private static boolean isInCluster(Map<String, String> environment) {
        return environment.containsKey("KUBERNETES_SERVICE_HOST");
    }
}
