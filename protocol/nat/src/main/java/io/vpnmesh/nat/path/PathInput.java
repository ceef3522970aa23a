// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.observe.NatType;
import java.util.List;
import java.util.UUID;

/** What a {@link PathAgent} is told. */
public sealed interface PathInput {

    /** Our own candidates; also sent when nothing but the NAT type changed. */
    record LocalCandidates(CandidateList list, NatType natType, UUID network) implements PathInput {}

    /** The peer's, out of the authenticated SA. */
    record RemoteCandidates(CandidateList list) implements PathInput {}

    /** A new IKE SA with the peer, or a rekeyed one: later checks use it, earlier ones stay valid. */
    record Keys(CheckCredentials credentials) implements PathInput {}

    /** The IKE SA is deleted. */
    record KeysGone(String ownId) implements PathInput {}

    /** Relays that can carry packets to this peer at the moment, best first. */
    record RelayPaths(List<NodeId> relays) implements PathInput {
        public RelayPaths {
            relays = List.copyOf(relays);
        }
    }

    /** A STUN message that carries our USERNAME or answers one of our transactions. */
    record StunReceived(Endpoint local, Endpoint remote, byte[] message) implements PathInput {}

    /** The payload of an inner UDP datagram to the probe port; {@code relay} is where it came through, for a guess. */
    record InnerProbeReceived(NodeId relay, byte[] message) implements PathInput {}

    /**
     * How many packets went out on this path and how many came in on it and passed their ICV, since the start. Told
     * when they change, at most every 50 ms or so. A packet came in on a direct path if its outer source is that path's
     * remote end; what came over any relay counts for the relayed path in use, because the peer answers over a relay of
     * ours, not of its own.
     */
    record TrafficSeen(Path path, long outboundPackets, long inboundPackets) implements PathInput {}

    /** A PRIMED or CALL_ME that the relay brought from this peer. */
    record PeerSignal(int kind, byte[] body) implements PathInput {}

    /** Everything stops; the agent is not used again. */
    record Shutdown() implements PathInput {}
}
