// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.vpnmesh.e2e.cluster.Cluster;
import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What a user has in hand: image archives, the chart, the examples, the command-line tool.
///
/// @param repository the checkout that was built
public record Product(Path repository) {
    public static final String OPERATOR_NAMESPACE = "vpnmesh-system";
    private static final List<String> IMAGES = List.of("vpnmesh-operator", "vpnmesh-sidecar", "vpnmesh-relay");
    private static final Duration INSTALL = Duration.ofSeconds(240);

    /// The checkout that holds the working folder.
    /// Errors: [LabException] with the fix when the images have not been built.
    public static Product here() {
        Path folder = Tools.repository();
        if (!Files.exists(folder.resolve("images/target/archives/stamp"))) {
            throw new LabException("no images in images/target/archives: run 'make images'");
        }
        return new Product(folder);
    }

    public void importImages(Cluster cluster) {
        for (String image : IMAGES) {
            cluster.importImage(repository.resolve("images/target/archives/" + image + "-docker.tar"));
        }
    }

    /// Installs the chart and waits until the operator is ready.
    public void install(Cluster cluster, String... more) {
        List<String> command = new ArrayList<>(List.of(
                "upgrade",
                "--install",
                "vpnmesh",
                repository.resolve("charts/vpnmesh").toString()));
        command.addAll(List.of("--namespace", OPERATOR_NAMESPACE, "--create-namespace"));
        command.addAll(List.of("--set", "replicas=1"));
        command.addAll(List.of("--wait", "--timeout", INSTALL.toSeconds() + "s"));
        command.addAll(List.of(more));
        cluster.helm(command.toArray(String[]::new))
                .timeout(INSTALL.plusSeconds(10))
                .orThrow();
    }

    public void apply(Cluster cluster, String example) {
        cluster.kubectl(
                        "apply",
                        "-f",
                        repository.resolve("docs/examples/" + example).toString())
                .orThrow();
    }

    /// `kubectl vpnmesh …` against a cluster, not yet run.
    public Command cli(Cluster cluster, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "KUBECONFIG=" + cluster.kubeconfig(),
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                repository.resolve("cli/target") + "/*:" + repository.resolve("cli/target/lib") + "/*",
                "io.vpnmesh.cli.Main"));
        command.addAll(List.of(arguments));
        return Command.of(command).timeout(Duration.ofSeconds(60));
    }
}
