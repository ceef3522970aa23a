// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.id.NodeId;

/**
 * One signalling datagram. The version is the codec's matter.
 *
 * @param kind one of {@link SignalKind}, or one that a later version defined
 * @param flags 16 bits, meaning by kind; unknown bits are ignored
 * @param requestId pairs an answer with its request; 0 where no answer is expected
 * @param node towards the relay the destination, from the relay the authenticated source
 * @param body a view, not a copy
 */
public record Signal(int kind, int flags, int requestId, NodeId node, byte[] body) {

    /** UDP port of the signalling service on the relay's overlay address. */
    public static final int PORT = 4501;

    /** UDP port of path probes between overlay addresses, reserved on the overlay. */
    public static final int PROBE_PORT = 4500;

    /** Largest datagram, header included: fits every path that carries BASE_PLPMTU 1200 (RFC 8899). */
    public static final int MAX_BYTES = 1200;

    /** Stands for the relay itself where the node id has no other meaning. */
    public static final NodeId RELAY_ITSELF = new NodeId(0, 0);

    /** Flag of LEASE: each item carries the ticket of an earlier grant. */
    public static final int FLAG_TICKETS = 1;

    public static Signal between(int kind, NodeId node, byte[] body) {
        return new Signal(kind, 0, 0, node, body);
    }
}
