// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;

/** What a {@link RelayServer} asks of its shell, beside the STUN answers that it transmits. */
public sealed interface RelayEvent {

    /** Send this to the client inside its Child SA, to UDP port {@code Signal.PORT} of its overlay address. */
    record SendSignal(NodeId to, byte[] datagram) implements RelayEvent {}

    /**
     * The client has proven this tuple: everything for it goes there, the relay's own ESP and IKE too.
     *
     * @param local the address of the relay that everything for it leaves from
     */
    record TupleChanged(NodeId client, Endpoint local, Endpoint tuple) implements RelayEvent {}

    /** No valid check for two keepalive intervals: nothing is forwarded from or to the client. */
    record TupleLost(NodeId client, Endpoint tuple) implements RelayEvent {}
}
