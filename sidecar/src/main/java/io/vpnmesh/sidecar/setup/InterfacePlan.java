// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.setup;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.nio.file.Path;
import java.util.List;

/**
 * The interface to make.
 *
 * @param routes one for each range of the mesh
 * @param mtu bytes; 0 = computed
 * @param ownerUid who may attach later
 */
record InterfacePlan(
        Path deviceNode, String name, List<IpAddress> addresses, List<Cidr> routes, int mtu, int ownerUid) {

    InterfacePlan {
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
    }
}
