// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.relay;

import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.mesh.MeshRef;
import java.util.Map;
import java.util.Optional;

/** Names of a mesh's relay objects; all lie in the VpnMesh's namespace. */
public final class RelayNames {

    private RelayNames() {}

    /** StatefulSet, service account and governing Service; pod and Service of a replica add {@code -0}, {@code -1}. */
    public static String set(String meshName) {
        return meshName + "-relay";
    }

    public static String replica(String meshName, int ordinal) {
        return set(meshName) + "-" + ordinal;
    }

    /** Secret with the key that relays of the mesh sign tickets with. */
    public static String ticketSecret(String meshName) {
        return set(meshName) + "-ticket";
    }

    /**
     * The mesh that the pod is a relay of. A label alone proves nothing: the pod must be a replica of the StatefulSet that
     * the operator made, and run under its service account, which the caller has from the pod's token.
     */
    public static Optional<MeshRef> meshOf(Pod pod) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        String mesh = labels == null ? null : labels.get(Marks.RELAY);
        if (mesh == null) {
            return Optional.empty();
        }
        boolean owned = pod.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> "StatefulSet".equals(owner.getKind())
                        && Boolean.TRUE.equals(owner.getController())
                        && set(mesh).equals(owner.getName()));
        return owned && set(mesh).equals(pod.getSpec().getServiceAccountName())
                ? Optional.of(new MeshRef(pod.getMetadata().getNamespace(), mesh))
                : Optional.empty();
    }
}
