// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.vpnmesh.e2e.cluster.LabNode;
import io.vpnmesh.e2e.run.LabException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What somebody with root on a node can do to a pod, or to what the pod needs.
final class NodeHands {
    /// The kubelet starts what failed again after 10 s, then 20, 40 and 80.
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final LabNode node;

    NodeHands(LabNode node) {
        this.node = node;
    }

    /// Ends every sidecar of the node with SIGKILL.
    void killSidecars() {
        node.command(
                        "sh",
                        "-c",
                        "for s in /proc/[0-9]*/status; do if grep -qs '^Uid:[[:space:]]*29173' $s; then p=${s#/proc/}; kill -9 ${p%/status}; fi; done")
                .orThrow();
    }

    /// A pod's running sandbox.
    Running sandbox(String namespace, String pod) {
        return container(namespace, pod, "labels.\"io.cri-containerd.kind\"==sandbox")
                .orElseThrow(() -> new LabException("no running sandbox of pod " + pod));
    }

    /// Ends the pod's first process, which holds its namespaces: the kubelet has to make the whole pod anew.
    void killSandbox(String namespace, String pod) {
        node.ctr("tasks", "kill", "--signal", "SIGKILL", sandbox(namespace, pod).id())
                .orThrow();
    }

    /// A container that runs.
    ///
    /// @param id  the runtime's
    /// @param pid of its first process, as the node sees it
    record Running(String id, String pid) {}

    /// Waits for a container to run.
    Running running(String namespace, String pod, String container) {
        return Await.present(
                "container " + container + " of pod " + pod + " to run",
                PATIENCE,
                () -> container(namespace, pod, "labels.\"io.kubernetes.container.name\"==" + container),
                () -> node.ctr("tasks", "list").run().out());
    }

    /// A command in the network of a pod, as root.
    String inNetworkOf(String pid, String... command) {
        String[] start = {"nsenter", "--target", pid, "--net", "--"};
        String[] all = new String[start.length + command.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(command, 0, all, start.length, command.length);
        return node.command(all).orThrow();
    }

    String shell(String script) {
        return node.command("sh", "-euc", script).orThrow();
    }

    /// A container of the pod that runs; `filter` in the words of `ctr`.
    private Optional<Running> container(String namespace, String pod, String filter) {
        String ours = "labels.\"io.kubernetes.pod.namespace\"==" + namespace + ",labels.\"io.kubernetes.pod.name\"=="
                + pod + "," + filter;
        Map<String, String> pids = pids();
        return node.ctr("containers", "list", "--quiet", ours)
                .orThrow()
                .lines()
                .flatMap(id -> Stream.ofNullable(pids.get(id)).map(pid -> new Running(id, pid)))
                .findFirst();
    }

    /// Running container → pid.
    private Map<String, String> pids() {
        return node.ctr("tasks", "list")
                .orThrow()
                .lines()
                .map(line -> line.split("\\s+"))
                .filter(columns -> columns.length == 3 && columns[2].equals("RUNNING"))
                .collect(Collectors.toMap(columns -> columns[0], columns -> columns[1]));
    }
}
