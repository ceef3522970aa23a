// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.crds.VpnMeshStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** VpnMesh objects for tests. */
public final class Meshes {

    private Meshes() {}

    public static VpnMesh founding(String name) {
        return of(name, VpnMeshSpec.empty());
    }

    public static VpnMesh of(String name, VpnMeshSpec spec) {
        VpnMesh mesh = new VpnMesh();
        mesh.getMetadata().setNamespace("net");
        mesh.getMetadata().setName(name);
        mesh.setSpec(spec);
        return mesh;
    }

    public static VpnMesh joining(String name, String tokenSecret) {
        return of(
                name,
                new VpnMeshSpec(
                        null,
                        null,
                        null,
                        null,
                        null,
                        List.of(),
                        new VpnMeshSpec.Join(new VpnMeshSpec.SecretRef(tokenSecret)),
                        null,
                        null));
    }

    /** As the reconciler writes it after the keys were made. */
    public static VpnMesh known(VpnMesh mesh, @Nullable MeshKeys keys, String meshId) {
        VpnMeshStatus empty = VpnMeshStatus.empty();
        mesh.setStatus(new VpnMeshStatus(
                1L,
                meshId,
                keys == null ? null : keys.clusterId().toString(),
                null,
                keys == null
                        ? List.of()
                        : keys.prefixes().stream().map(String::valueOf).toList(),
                empty.relays(),
                null,
                null,
                null,
                null,
                empty.sidecars(),
                null,
                empty.conditions()));
        return mesh;
    }

    /** Keys of a mesh that was just founded. */
    public static MeshKeys keys(VpnMesh mesh, SecretStore secrets) {
        if (new MeshAuthority(secrets).ensure(mesh) instanceof MeshAuthority.Outcome.Ready ready) {
            return ready.keys();
        }
        throw new AssertionError("the mesh did not get keys");
    }
}
