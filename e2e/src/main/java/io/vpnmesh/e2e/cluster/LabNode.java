// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.e2e.image.PauseImage;
import io.vpnmesh.e2e.net.Site;
import io.vpnmesh.e2e.run.Cgroup;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import io.vpnmesh.e2e.run.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/// A whole Kubernetes cluster of one node in a site of the lab: real etcd, API server, controller manager, scheduler,
/// kube-proxy, kubelet and containerd, all in the node's network namespace and in one [Sandbox], which takes every
/// pod with it when it ends.
public final class LabNode implements Cluster {
    private static final Duration SERVER_TIME = Duration.ofSeconds(60);
    private static final Duration NODE_TIME = Duration.ofSeconds(60);

    private final Site site;
    private final Sandbox sandbox;
    private final LabFiles files;
    private final KubernetesClient client;

    private LabNode(Site site, Sandbox sandbox, LabFiles files, KubernetesClient client) {
        this.site = site;
        this.sandbox = sandbox;
        this.files = files;
        this.client = client;
    }

    /// Starts the cluster behind a site's NAT and returns when its node is Ready.
    /// Errors: [LabException] with the end of the log of the program that failed.
    public static LabNode start(Run run, Site site, Tools tools) {
        var node = prepare(run, site, tools);
        try {
            node.startServer();
            node.startNode();
            return run.closing(node);
        } catch (RuntimeException e) {
            node.close();
            throw e;
        }
    }

    private static LabNode prepare(Run run, Site site, Tools tools) {
        var state = run.folder(site.name());
        var cgroup = new Cgroup("/" + run.name() + "-" + site.name());
        run.ownsCgroup(cgroup.path());
        cgroup.create();
        var files = new LabFiles(state, run.name() + "-" + site.name(), cgroup.path(), tools, snapshotter(state));
        files.write(site.managementAddress());
        var sandbox = Sandbox.start(run, site.node().prefix(), state);
        var config = Config.fromKubeconfig(files.kubeconfig("admin").toFile());
        return new LabNode(
                site,
                sandbox,
                files,
                new KubernetesClientBuilder().withConfig(config).build());
    }

    /// overlayfs cannot lie on overlayfs, which is what /tmp is in a container.
    private static String snapshotter(Path state) {
        try {
            return Files.getFileStore(state).type().equals("overlay") ? "native" : "overlayfs";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void startServer() {
        program("etcd", LabPrograms.etcd(files));
        program("kube-apiserver", LabPrograms.apiServer(files));
        program("containerd", LabPrograms.containerd(files));
        await("the API server", SERVER_TIME, List.of("etcd", "kube-apiserver", "containerd"), this::isServerReady);
        await(
                "containerd",
                SERVER_TIME,
                List.of("containerd"),
                () -> ctr("version").run().isSuccess());
        var archive = Tools.cache().resolve("images/pause-" + files.tools().version() + ".tar");
        importImage(PauseImage.at(files.tools().program("pause"), LabFiles.PAUSE_IMAGE, archive));
    }

    private void startNode() {
        program("kube-controller-manager", LabPrograms.controllerManager(files));
        program("kube-scheduler", LabPrograms.scheduler(files));
        program("kubelet", LabPrograms.kubelet(files));
        program("kube-proxy", LabPrograms.proxy(files));
        var running = List.of(
                "etcd",
                "kube-apiserver",
                "containerd",
                "kube-controller-manager",
                "kube-scheduler",
                "kubelet",
                "kube-proxy");
        await("the node to be Ready", NODE_TIME, running, () -> NodeReadiness.isNodeReady(client));
        await("the default service account", NODE_TIME, running, () -> NodeReadiness.hasDefaultServiceAccount(client));
    }

    private void program(String name, List<String> arguments) {
        var command = Stream.concat(Stream.of(files.tools().program(name).toString()), arguments.stream())
                .toList();
        sandbox.start(name, files.environment(), command);
    }

    private boolean isServerReady() {
        try {
            return "ok".equals(client.raw("/readyz"));
        } catch (KubernetesClientException _) {
            return false;
        }
    }

    private void await(String what, Duration time, List<String> programs, BooleanSupplier condition) {
        var end = System.nanoTime() + time.toNanos();
        while (!condition.getAsBoolean()) {
            programs.stream()
                    .map(sandbox::failure)
                    .flatMap(Optional::stream)
                    .findFirst()
                    .ifPresent(reason -> {
                        throw new LabException("cluster %s: %s".formatted(name(), reason));
                    });
            if (System.nanoTime() > end) {
                throw new LabException("cluster %s: waited %d s for %s; logs are in %s"
                        .formatted(name(), time.toSeconds(), what, files.state()));
            }
            Machine.pause(Duration.ofMillis(100));
        }
    }

    @Override
    public String name() {
        return site.name();
    }

    public Site site() {
        return site;
    }

    /// The Node object's name.
    public String nodeName() {
        return files.nodeName();
    }

    @Override
    public Path kubeconfig() {
        return files.kubeconfig("admin");
    }

    @Override
    public KubernetesClient client() {
        return client;
    }

    @Override
    public Path kubectlProgram() {
        return files.tools().program("kubectl");
    }

    @Override
    public void importImage(Path archive) {
        ctr("images", "import", archive.toAbsolutePath().toString())
                .timeout(Duration.ofMinutes(3))
                .orThrow();
    }

    /// A `ctr` command on the node's containers (containerd namespace `k8s.io`), not yet run.
    public Command ctr(String... arguments) {
        var start = Stream.of(
                files.tools().program("ctr").toString(),
                "--address",
                files.containerdSocket().toString(),
                "--namespace",
                "k8s.io");
        return Command.of(Stream.concat(start, Stream.of(arguments)).toList());
    }

    /// A command that sees the node's processes, mounts and network.
    public Command command(String... arguments) {
        return sandbox.command(List.of(arguments));
    }

    /// Folder of logs (`kubelet.log`, …) and state, for a person who looks around.
    public Path state() {
        return files.state();
    }

    @Override
    public void close() {
        client.close();
        sandbox.close();
    }
}
