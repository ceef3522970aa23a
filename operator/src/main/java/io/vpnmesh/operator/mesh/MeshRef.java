// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.vpnmesh.crds.VpnMesh;

/** Names a VpnMesh of this cluster. */
public record MeshRef(String namespace, String name) implements Comparable<MeshRef> {

    public static MeshRef of(VpnMesh mesh) {
        return new MeshRef(mesh.getMetadata().getNamespace(), mesh.getMetadata().getName());
    }

    @Override
    public int compareTo(MeshRef other) {
        int order = namespace.compareTo(other.namespace);
        return order != 0 ? order : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
