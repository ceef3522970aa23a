// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.vpnmesh.e2e.cluster.LabNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a VpnMesh says of itself.
final class Meshes {
    private static final Duration MINUTE = Duration.ofSeconds(60);

    private Meshes() {}

    static Optional<GenericKubernetesResource> find(LabNode cluster, String namespace, String name) {
        return Optional.ofNullable(cluster.client()
                .genericKubernetesResources("vpnmesh.io/v1alpha1", "VpnMesh")
                .inNamespace(namespace)
                .withName(name)
                .get());
    }

    /// A field of the status, as text.
    static String field(LabNode cluster, String namespace, String name, String field) {
        return find(cluster, namespace, name)
                .map(mesh -> mesh.<Object>get("status", field))
                .map(String::valueOf)
                .orElseThrow();
    }

    static Optional<Map<String, Object>> condition(LabNode cluster, String namespace, String name, String type) {
        Optional<List<Map<String, Object>>> conditions =
                find(cluster, namespace, name).map(mesh -> mesh.get("status", "conditions"));
        return conditions.stream()
                .flatMap(List::stream)
                .filter(condition -> type.equals(condition.get("type")))
                .findFirst();
    }

    static Map<String, Object> awaitCondition(
            LabNode cluster, String namespace, String name, String type, String status) {
        return Await.present(
                "condition %s=%s of VpnMesh %s/%s".formatted(type, status, namespace, name),
                MINUTE,
                () -> condition(cluster, namespace, name, type).filter(found -> status.equals(found.get("status"))),
                () -> cluster.kubectl("get", "vpnmesh", name, "-n", namespace, "-o", "yaml")
                        .run()
                        .out());
    }

    static Map<String, Object> awaitReason(LabNode cluster, String namespace, String name, String type, String reason) {
        return Await.present(
                "condition %s of VpnMesh %s/%s with reason %s".formatted(type, namespace, name, reason),
                MINUTE,
                () -> condition(cluster, namespace, name, type).filter(found -> reason.equals(found.get("reason"))),
                () -> cluster.kubectl("get", "vpnmesh", name, "-n", namespace, "-o", "yaml")
                        .run()
                        .out());
    }
}
