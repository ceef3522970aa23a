// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.setup;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.util.List;

/**
 * This node's place in the mesh.
 *
 * @param mtu bytes; 0 = to be computed
 */
record MeshPlace(List<IpAddress> addresses, List<Cidr> routes, int mtu) {

    MeshPlace {
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
        if (addresses.isEmpty() || routes.isEmpty()) {
            throw new IllegalArgumentException("a node needs an address and a range: " + addresses + ", " + routes);
        }
    }
}
