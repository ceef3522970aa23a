// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.join;

import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.operator.mesh.MeshRef;
import java.util.List;
import java.util.Optional;

/** The few things that invitations need of the API server. Errors: KubernetesClientException from every method. */
interface Invites {

    /** Read live. */
    Optional<VpnInvite> get(String namespace, String name);

    /** Replaces the status of exactly the version that was read; false when somebody was faster. */
    boolean replaceStatus(VpnInvite invite);

    /** The invitations to a mesh, read live. */
    List<VpnInvite> list(MeshRef mesh);

    /** The clusters of a mesh, read live. */
    List<VpnCluster> clusters(MeshRef mesh);

    /** Creates the object unless it exists, and returns what is stored. */
    VpnCluster ensureCluster(VpnCluster cluster);

    /** Writes the status, whatever version is stored. */
    void writeStatus(VpnCluster cluster);
}
