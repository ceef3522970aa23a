// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.nat.check.CheckCredentials;
import java.util.List;

/** What a {@link RelayServer} is told. */
public sealed interface RelayInput {

    /** An IKE SA with this client is up, or was rekeyed: its checks are authenticated by these credentials too. */
    record ClientUp(NodeId node, CheckCredentials credentials) implements RelayInput {}

    /** An IKE SA of this client is deleted; the last one takes the client's tuple with it. Leases stay. */
    record ClientGone(NodeId node, String ownId) implements RelayInput {}

    record StunReceived(Endpoint local, Endpoint remote, byte[] message) implements RelayInput {}

    /** A datagram to {@code Signal.PORT} out of the Child SA with this client. */
    record SignalReceived(NodeId from, byte[] datagram) implements RelayInput {}

    /** ESP came from a tuple that is no client's ({@code Verdict.UNKNOWN_SOURCE}); tell at most a few per second. */
    record UnknownSource(Endpoint local, Endpoint remote) implements RelayInput {}

    /** This relay leaves: clients are told, new leases refused. */
    record Drain(int seconds, List<NodeId> alternatives) implements RelayInput {
        public Drain {
            alternatives = List.copyOf(alternatives);
        }
    }
}
