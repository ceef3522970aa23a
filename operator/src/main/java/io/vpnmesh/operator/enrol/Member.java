// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.address.Holder;
import io.vpnmesh.operator.ca.MeshKeys;

/** A live pod that may be in a mesh, with the mesh's keys. */
record Member(Pod pod, VpnMesh mesh, MeshKeys keys, NodeRole role) {

    Holder holder() {
        return new Holder(
                pod.getMetadata().getUid(),
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName());
    }

    String serviceAccount() {
        String name = pod.getSpec().getServiceAccountName();
        return name == null || name.isEmpty() ? "default" : name;
    }
}
