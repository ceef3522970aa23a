// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.join;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnClusterSpec;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.mesh.MeshRef;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** VpnCluster objects as they are first made. */
public final class ClusterNames {

    private static final int ID_CHARACTERS = 10;

    private ClusterNames() {}

    /**
     * The object of a cluster that has none yet.
     *
     * @param displayName for people; null when unknown
     * @param approved null where nobody has to approve
     */
    public static VpnCluster object(
            MeshRef mesh, ClusterId cluster, @Nullable String displayName, @Nullable Boolean approved) {
        VpnCluster object = new VpnCluster();
        object.getMetadata().setNamespace(mesh.namespace());
        object.getMetadata().setName(mesh.name() + "-" + cluster.toString().substring(0, ID_CHARACTERS));
        object.getMetadata().setLabels(Map.of(Marks.MANAGED_BY, Marks.OPERATOR));
        object.setSpec(new VpnClusterSpec(mesh.name(), cluster.toString(), displayName, approved, null));
        return object;
    }
}
