// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.e2e.cluster.LabNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Pods as the tests make them, and what became of their containers.
final class Pods {
    static final String SETUP = "vpnmesh-setup";
    static final String SIDECAR = "vpnmesh";

    private static final Duration MINUTE = Duration.ofSeconds(60);

    private Pods() {}

    /// An idle pod.
    ///
    /// @param annotations in YAML's flow style, such as `{vpnmesh.io/mesh: vpnmesh/demo}`
    static String idle(String namespace, String name, String annotations) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {name: %2$s, namespace: %1$s, labels: {app: %2$s}, annotations: %3$s}
                spec:
                  terminationGracePeriodSeconds: 2
                  containers:
                    - name: %2$s
                      image: vpnmesh-demo-client:1
                      imagePullPolicy: IfNotPresent
                      command: ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"]
                """.formatted(namespace, name, annotations);
    }

    static Optional<Pod> find(LabNode cluster, String namespace, String name) {
        return Optional.ofNullable(
                cluster.client().pods().inNamespace(namespace).withName(name).get());
    }

    static Pod get(LabNode cluster, String namespace, String name) {
        return find(cluster, namespace, name).orElseThrow();
    }

    static Pod of(Member member) {
        return get(member.cluster(), member.namespace(), member.pod());
    }

    /// Deletes it without waiting for its end.
    static void delete(LabNode cluster, String namespace, String name) {
        cluster.kubectl("delete", "pod", name, "-n", namespace, "--wait=false", "--grace-period=1")
                .orThrow();
    }

    static Stream<ContainerStatus> statuses(Pod pod) {
        return Stream.concat(
                pod.getStatus().getInitContainerStatuses().stream(), pod.getStatus().getContainerStatuses().stream());
    }

    static Optional<ContainerStatus> status(Pod pod, String container) {
        return statuses(pod)
                .filter(status -> status.getName().equals(container))
                .findFirst();
    }

    /// Container name → runtime's id, of containers that have run.
    static Map<String, String> ids(Pod pod) {
        Map<String, String> ids = new TreeMap<>();
        statuses(pod)
                .filter(status -> status.getContainerID() != null)
                .forEach(status -> ids.put(status.getName(), status.getContainerID()));
        return ids;
    }

    static int restarts(Pod pod) {
        return statuses(pod).mapToInt(ContainerStatus::getRestartCount).sum();
    }

    static boolean isReady(Pod pod) {
        return pod.getStatus().getConditions().stream()
                .anyMatch(condition -> condition.getType().equals("Ready")
                        && condition.getStatus().equals("True"));
    }

    /// The last line that set-up said before it failed, as `kubectl describe pod` shows it.
    static String setupsLastWords(LabNode cluster, String namespace, String name) {
        return lastWords(cluster, namespace, name, SETUP);
    }

    /// The last line that a container said before it failed.
    static String lastWords(LabNode cluster, String namespace, String name, String container) {
        return Await.present(
                "container " + container + " of pod " + name + " to fail",
                MINUTE,
                () -> find(cluster, namespace, name)
                        .flatMap(pod -> status(pod, container))
                        .flatMap(Pods::failure),
                () -> cluster.kubectl("describe", "pod", name, "-n", namespace)
                        .run()
                        .out());
    }

    /// The last line that set-up said in the container with this id, once it has ended; empty text after a success.
    static String setupsLastWords(LabNode cluster, String namespace, String name, String id) {
        return Await.present(
                "container " + id + " of pod " + name + " to end",
                MINUTE,
                () -> find(cluster, namespace, name)
                        .flatMap(pod -> status(pod, SETUP))
                        .flatMap(status -> ends(status)
                                .filter(end -> end.getContainerID().endsWith(id))
                                .findFirst())
                        .map(Pods::lastLine),
                () -> cluster.kubectl("describe", "pod", name, "-n", namespace)
                        .run()
                        .out());
    }

    private static Optional<String> failure(ContainerStatus status) {
        return ends(status)
                .filter(ended -> ended.getExitCode() != 0)
                .map(Pods::lastLine)
                .findFirst();
    }

    /// How the container ended lately, this time or the time before.
    static Stream<ContainerStateTerminated> ends(ContainerStatus status) {
        return Stream.of(status.getState(), status.getLastState())
                .filter(Objects::nonNull)
                .map(ContainerState::getTerminated)
                .filter(Objects::nonNull);
    }

    private static String lastLine(ContainerStateTerminated ended) {
        String message = ended.getMessage();
        return message == null ? "" : List.of(message.strip().split("\n")).getLast();
    }
}
