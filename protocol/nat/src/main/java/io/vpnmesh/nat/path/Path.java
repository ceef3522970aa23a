// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;

/** A way to send packets to a peer. */
public sealed interface Path {

    /**
     * Straight to an address of the peer.
     *
     * @param local the socket; {@link Endpoint#UNSPECIFIED} while there is only one
     */
    record Direct(Endpoint local, Endpoint remote) implements Path {}

    /** Over a relay that the peer holds its leases on. */
    record Relayed(NodeId relay) implements Path {}
}
