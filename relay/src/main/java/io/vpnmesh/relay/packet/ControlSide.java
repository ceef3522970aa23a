// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.packet;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;

/**
 * Where the packet thread puts what it does not forward. Called on the packet thread: only enqueues, may drop.
 * {@code local} is the address of ours that the sender wrote to, and sees the answer come from.
 */
public interface ControlSide {

    /** An IKE message without its marker. */
    void onIke(Endpoint local, Endpoint from, byte[] message);

    void onStun(Endpoint local, Endpoint from, byte[] message);

    /** A signalling datagram out of the Child SA with this client. */
    void onSignal(NodeId from, byte[] datagram);

    /** The first packet on this SA of ours. */
    void onFirstPacket(long session, int inboundSpi);

    /** ESP for a leased SPI from a tuple that is no client's. */
    void onUnknownSource(Endpoint local, Endpoint from);
}
