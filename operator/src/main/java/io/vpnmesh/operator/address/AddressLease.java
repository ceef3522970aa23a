// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.IpAddress;
import java.util.List;

/**
 * What a pod holds.
 *
 * @param addresses IPv4 first, then IPv6
 * @param generation of the pod's key; 0 before it has enrolled
 */
public record AddressLease(Holder holder, NodeId node, List<IpAddress> addresses, long generation) {

    public AddressLease {
        addresses = List.copyOf(addresses);
    }
}
