// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.vpnmesh.e2e.net.Site;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Clusters that are there already, one kubeconfig per site. Their NATs are their own: a site's behaviour cannot be
/// switched for them. Images get onto the nodes by a command of the user's, because how depends on the cluster.
final class ExistingKubeconfig implements ClusterProvider {
    /// Called as `COMMAND <archive>` with KUBECONFIG set, for example a script around `kind load image-archive`.
    private static final String IMPORT_VARIABLE = "VPNMESH_IMAGE_IMPORT";

    private static final Duration IMPORT_TIME = Duration.ofMinutes(5);

    private final List<Path> kubeconfigs;

    private ExistingKubeconfig(List<Path> kubeconfigs) {
        this.kubeconfigs = kubeconfigs;
    }

    /// @param files comma-separated paths
    static ExistingKubeconfig of(String files) {
        return new ExistingKubeconfig(Stream.of(files.split(","))
                .map(String::strip)
                .filter(file -> !file.isEmpty())
                .map(Path::of)
                .toList());
    }

    @Override
    public String name() {
        return "existing kubeconfig";
    }

    @Override
    public Optional<String> obstacle() {
        if (kubeconfigs.isEmpty()) {
            return Optional.of("no file is named: use kubeconfig:/path/a,/path/b");
        }
        var missing =
                kubeconfigs.stream().filter(file -> !Files.isReadable(file)).toList();
        if (!missing.isEmpty()) {
            return Optional.of("not readable: " + missing);
        }
        return Machine.onPath("kubectl").isEmpty() ? Optional.of("kubectl is not on PATH") : Optional.empty();
    }

    @Override
    public Cluster start(Run run, Site site) {
        return run.closing(connect(site.name(), site.index()));
    }

    Cluster connect(String name, int index) {
        if (index >= kubeconfigs.size()) {
            throw new LabException("site %s is number %d, but only %d kubeconfigs are given"
                    .formatted(name, index + 1, kubeconfigs.size()));
        }
        var file = kubeconfigs.get(index);
        var config = Config.fromKubeconfig(file.toFile());
        return new Connected(
                name, file, new KubernetesClientBuilder().withConfig(config).build());
    }

    private record Connected(String name, Path kubeconfig, KubernetesClient client) implements Cluster {
        @Override
        public Path kubectlProgram() {
            return Machine.onPath("kubectl").orElseThrow();
        }

        @Override
        public void importImage(Path archive) {
            var command = System.getenv(IMPORT_VARIABLE);
            if (command == null || command.isBlank()) {
                throw new LabException("set %s to a command that puts an image archive on the nodes of %s"
                        .formatted(IMPORT_VARIABLE, kubeconfig));
            }
            Command.of("env", "KUBECONFIG=" + kubeconfig, "sh", "-c", command + " \"$1\"", "sh", archive.toString())
                    .timeout(IMPORT_TIME)
                    .orThrow();
        }

        @Override
        public void close() {
            client.close();
        }
    }
}
