// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import java.time.Duration;
import java.util.Objects;

/// When a cluster of one node takes pods.
final class NodeReadiness {
    private static final Duration LOOK = Duration.ofMillis(200);

    private NodeReadiness() {}

    /// Errors: [LabException] when the time is over.
    static void await(Cluster cluster, Duration limit) {
        var end = System.nanoTime() + limit.toNanos();
        while (!isNodeReady(cluster.client()) || !hasDefaultServiceAccount(cluster.client())) {
            if (System.nanoTime() > end) {
                throw new LabException(
                        "cluster %s: no node was Ready within %d s".formatted(cluster.name(), limit.toSeconds()));
            }
            Machine.pause(LOOK);
        }
    }

    static boolean isNodeReady(KubernetesClient client) {
        try {
            return client.nodes().list().getItems().stream()
                    .map(Node::getStatus)
                    .filter(Objects::nonNull)
                    .flatMap(status -> status.getConditions().stream())
                    .anyMatch(condition -> condition.getType().equals("Ready")
                            && condition.getStatus().equals("True"));
        } catch (KubernetesClientException _) {
            return false;
        }
    }

    /// The controller manager makes it; a pod created earlier is refused.
    static boolean hasDefaultServiceAccount(KubernetesClient client) {
        try {
            return client.serviceAccounts()
                            .inNamespace("default")
                            .withName("default")
                            .get()
                    != null;
        } catch (KubernetesClientException _) {
            return false;
        }
    }
}
