// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.signal.LeaseRequest;
import java.util.List;

/** What a {@link RelayClient} is told. */
public sealed interface RelayClientInput {

    /** The IKE SA with the relay is up, or was rekeyed. */
    record Secured(CheckCredentials credentials) implements RelayClientInput {}

    /** The IKE SA with the relay is gone; the client rests until the next {@link Secured}. */
    record Unsecured() implements RelayClientInput {}

    /** A STUN message from the relay's endpoint. */
    record StunReceived(Endpoint local, Endpoint remote, byte[] message) implements RelayClientInput {}

    /** A datagram from {@code Signal.PORT} of the relay's overlay address, out of the Child SA. */
    record SignalReceived(byte[] datagram) implements RelayClientInput {}

    /** Packets to and ICV-valid packets from the relay's endpoint, since the start; any peer's, and the relay's own. */
    record TrafficSeen(long outboundPackets, long inboundPackets) implements RelayClientInput {}

    /** Check at once: something says that the way to the relay may have changed. */
    record CheckNow() implements RelayClientInput {}

    record AskLease(List<LeaseRequest.Item> items) implements RelayClientInput {
        public AskLease {
            items = List.copyOf(items);
        }
    }

    record AskRelease(List<Integer> spis) implements RelayClientInput {
        public AskRelease {
            spis = List.copyOf(spis);
        }
    }
}
