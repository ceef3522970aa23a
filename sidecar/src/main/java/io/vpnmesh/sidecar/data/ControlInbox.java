// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;

/** What the packet threads hand to the conductor. Every call only enqueues; false = its mailbox was full. */
public interface ControlInbox {

    /** @param message without the non-ESP marker; taken over */
    boolean ike(Endpoint source, byte[] message);

    boolean stun(Endpoint source, byte[] message);

    /** A payload from a relay's signalling port. */
    boolean signal(NodeId relay, byte[] datagram);

    /** A probe out of a peer's tunnel. */
    boolean probe(OverlayPeer peer, Endpoint source, byte[] message);

    /** Packets for this peer wait. */
    boolean demand(OverlayPeer peer);
}
