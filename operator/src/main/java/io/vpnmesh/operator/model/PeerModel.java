// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.model;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.crds.VpnPeerSpec;
import io.vpnmesh.operator.mesh.MeshRef;
import java.util.Map;
import java.util.TreeMap;

/** The VpnPeer of a pod: same name, same namespace, gone with it. */
public final class PeerModel {

    /** Label with the mesh's name, so that {@code kubectl get vp -l} can select. */
    public static final String MESH_LABEL = "vpnmesh.io/mesh";

    public static final String MESH_NAMESPACE_LABEL = "vpnmesh.io/mesh-namespace";

    private PeerModel() {}

    public static VpnPeer desired(Pod pod, MeshRef mesh) {
        VpnPeer peer = new VpnPeer();
        peer.setMetadata(new ObjectMetaBuilder()
                .withName(pod.getMetadata().getName())
                .withNamespace(pod.getMetadata().getNamespace())
                .withLabels(new TreeMap<>(Map.of(MESH_LABEL, mesh.name(), MESH_NAMESPACE_LABEL, mesh.namespace())))
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion("v1")
                        .withKind("Pod")
                        .withName(pod.getMetadata().getName())
                        .withUid(pod.getMetadata().getUid())
                        .withController(true)
                        .withBlockOwnerDeletion(false)
                        .build())
                .build());
        peer.setSpec(new VpnPeerSpec(
                new VpnPeerSpec.MeshRef(mesh.namespace(), mesh.name()),
                pod.getMetadata().getName(),
                pod.getMetadata().getUid(),
                pod.getSpec().getNodeName()));
        return peer;
    }

    /** Whether the pod will never run again, so that it needs no place in the mesh. */
    public static boolean finished(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }
}
