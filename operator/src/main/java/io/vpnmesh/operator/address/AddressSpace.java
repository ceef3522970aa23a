// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.operator.mesh.MeshRef;
import java.util.List;

/**
 * What one cluster may hand out in one mesh.
 *
 * @param prefixes of this cluster; those of IPv4 decide, IPv6 follows by {@link OverlayPlan#ipv6Of}
 */
public record AddressSpace(MeshRef mesh, MeshId meshId, ClusterId clusterId, OverlayPlan plan, List<Cidr> prefixes) {

    public AddressSpace {
        prefixes = List.copyOf(prefixes);
    }

    public NodeId nodeOf(String podUid) {
        return NodeId.ofPod(meshId, clusterId, podUid);
    }
}
