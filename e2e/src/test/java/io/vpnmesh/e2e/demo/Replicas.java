// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.vpnmesh.e2e.cluster.LabNode;
import java.time.Duration;
import java.util.Objects;

/// Takes parts of the product away and brings them back, waiting until that is so.
final class Replicas {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String RELAY = Overlay.MESH + "-relay";

    private Replicas() {}

    static void stopOperator(LabNode cluster) {
        scale(cluster, Product.OPERATOR_NAMESPACE, "deployment/vpnmesh-operator", 0);
        awaitGone(cluster, Product.OPERATOR_NAMESPACE, "");
    }

    static void startOperator(LabNode cluster) {
        scale(cluster, Product.OPERATOR_NAMESPACE, "deployment/vpnmesh-operator", 1);
        cluster.kubectl(
                        "rollout",
                        "status",
                        "deployment/vpnmesh-operator",
                        "-n",
                        Product.OPERATOR_NAMESPACE,
                        "--timeout=" + PATIENCE.toSeconds() + "s")
                .timeout(PATIENCE.plusSeconds(10))
                .orThrow();
    }

    /// Kills the mesh's relays in a cluster; without its operator nobody brings them back.
    static void killRelays(LabNode cluster) {
        scale(cluster, Overlay.MESH_NAMESPACE, "statefulset/" + RELAY, 0);
        cluster.kubectl("delete", "pod", RELAY + "-0", "-n", Overlay.MESH_NAMESPACE, "--grace-period=0", "--force")
                .run();
        awaitGone(cluster, Overlay.MESH_NAMESPACE, RELAY);
    }

    /// Needs the cluster's operator, which relays enrol with.
    static void startRelay(LabNode cluster) {
        scale(cluster, Overlay.MESH_NAMESPACE, "statefulset/" + RELAY, 1);
        Await.until(
                "the relay to be Ready",
                PATIENCE,
                () -> Pods.find(cluster, Overlay.MESH_NAMESPACE, RELAY + "-0")
                        .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                        .filter(Pods::isReady)
                        .isPresent(),
                () -> cluster.kubectl("describe", "pods", "-n", Overlay.MESH_NAMESPACE)
                        .run()
                        .out());
    }

    private static void scale(LabNode cluster, String namespace, String what, int replicas) {
        cluster.kubectl("scale", what, "-n", namespace, "--replicas=" + replicas)
                .orThrow();
    }

    private static void awaitGone(LabNode cluster, String namespace, String prefix) {
        Await.until(
                "pods " + prefix + "* of namespace " + namespace + " to end",
                PATIENCE,
                () -> cluster.client().pods().inNamespace(namespace).list().getItems().stream()
                        .noneMatch(
                                pod -> Objects.requireNonNull(pod.getMetadata().getName())
                                        .startsWith(prefix)),
                () -> cluster.kubectl("get", "pods", "-A").run().out());
    }
}
