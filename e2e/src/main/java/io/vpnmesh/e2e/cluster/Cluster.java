// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.vpnmesh.e2e.run.Command;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// A running Kubernetes cluster whose API server this process reaches as administrator.
public interface Cluster extends AutoCloseable {
    /// Short and unique within a run, such as `a`.
    String name();

    /// For kubectl and helm on this machine.
    Path kubeconfig();

    /// One client for the cluster's life; closed by [#close()].
    KubernetesClient client();

    /// Puts the images of a Docker or OCI archive on the node; pods use them with `imagePullPolicy: Never`.
    void importImage(Path archive);

    /// kubectl of the server's version.
    Path kubectlProgram();

    /// A kubectl command for this cluster, not yet run.
    default Command kubectl(String... arguments) {
        return Command.of(Stream.concat(
                        Stream.of(kubectlProgram().toString(), "--kubeconfig=" + kubeconfig()), Stream.of(arguments))
                .toList());
    }

    /// A helm command for this cluster, not yet run.
    default Command helm(String... arguments) {
        return Command.of(Stream.concat(
                        Stream.of(Tools.located().program("helm").toString(), "--kubeconfig=" + kubeconfig()),
                        Stream.of(arguments))
                .toList());
    }

    /// Applies YAML as a user would.
    default String apply(String yaml) {
        return kubectl("apply", "-f", "-").input(yaml).orThrow();
    }

    /// Runs a command in a container and returns what it prints.
    default String exec(String namespace, String pod, String container, List<String> command) {
        var start = Stream.of("exec", "-n", namespace, pod, "-c", container, "--");
        return kubectl(Stream.concat(start, command.stream()).toArray(String[]::new))
                .orThrow();
    }

    /// Ends what this provider started; an existing cluster is left alone.
    @Override
    void close();
}
