// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.model.MeshDefaults;
import io.vpnmesh.operator.status.MeshDirectoryState;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;

/** What the directory says of a mesh; before it has said anything, a mesh is not connected. */
@ApplicationScoped
public class DirectoryFacts {

    private final Instance<MeshDirectoryState> state;

    public DirectoryFacts(Instance<MeshDirectoryState> state) {
        this.state = state;
    }

    MeshDirectoryState.Facts of(VpnMesh mesh) {
        if (state.isResolvable()) {
            return state.get().facts(MeshRef.of(mesh));
        }
        boolean joins = MeshDefaults.spec(mesh).join() != null;
        return new MeshDirectoryState.Facts(
                false, joins ? "Joining" : "NotConnected", "no relay has been reached yet", 1);
    }
}
