// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.NodeIdentity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an {@link IkeEndpoint} takes. Unknown sessions and tickets are ignored: they may have gone in the meantime. */
public sealed interface IkeInput {

    /**
     * A message from the network.
     *
     * @param local where it arrived; {@link Endpoint#UNSPECIFIED} for signalling
     * @param message without the non-ESP marker; taken over
     */
    record Received(PeerRef from, Endpoint local, byte[] message) implements IkeInput {}

    /**
     * Starts a session; nothing happens if one with this node is starting or up already.
     *
     * @param localSelectors what we offer of our side
     * @param remoteSelectors what we ask for of the peer's side; narrowed to the addresses in its certificate. With both
     *     empty the session starts without a Child SA, if a foreign peer can do that (RFC 6023)
     * @param redirectedFrom the gateway that has sent us to this one (RFC 5685)
     */
    record Connect(
            PeerRef peer,
            NodeId expected,
            List<Cidr> localSelectors,
            List<Cidr> remoteSelectors,
            @Nullable IpAddress redirectedFrom)
            implements IkeInput {

        public Connect(PeerRef peer, NodeId expected, List<Cidr> localSelectors, List<Cidr> remoteSelectors) {
            this(peer, expected, localSelectors, remoteSelectors, null);
        }

        public Connect {
            localSelectors = List.copyOf(localSelectors);
            remoteSelectors = List.copyOf(remoteSelectors);
        }
    }

    /** The answer to {@link IkeEvent.VerifyPeer}: the leaf is trusted, and this is what it says. */
    record PeerVerified(long ticket, NodeIdentity identity) implements IkeInput {}

    record PeerRefused(long ticket, String reason) implements IkeInput {}

    /** Sends a status notify of ours in an INFORMATIONAL exchange; ignored towards foreign peers. */
    record SendNotify(long session, int type, byte[] data) implements IkeInput {}

    /** Asks the peer for a sign of life: {@link IkeEvent.LivenessConfirmed} or {@link IkeEvent.Closed}. */
    record CheckLiveness(long session) implements IkeInput {}

    /**
     * An ESP packet for an SPI that nobody here has. Its sender is told, a few times a second in all; if it has an IKE SA
     * with us, it asks for a sign of life and learns the truth (RFC 7296 section 1.5, RFC 6290).
     */
    record UnknownSpi(PeerRef from, Endpoint local, int spi) implements IkeInput {}

    /** Sends the peer of a session to another gateway, if it started the session and can follow (RFC 5685). */
    record Redirect(long session, Gateway to) implements IkeInput {}

    /** Sends all who start a session and can follow to another gateway, or, with null, nobody any more. */
    record RedirectNewcomers(@Nullable Gateway to) implements IkeInput {}

    /** Deletes the session on both sides. */
    record Close(long session, String reason) implements IkeInput {}

    /**
     * The session goes on over another way.
     *
     * @param local where our messages leave; {@link Endpoint#UNSPECIFIED} when the owner of the socket chooses
     */
    record MovePeer(long session, PeerRef to, Endpoint local) implements IkeInput {
        public MovePeer(long session, PeerRef to) {
            this(session, to, Endpoint.UNSPECIFIED);
        }
    }

    /** From here on new sessions and rekeys use this identity; sessions that are up stay up. */
    record RenewIdentity(LocalIdentity identity) implements IkeInput {}

    /** Replaces the Child SA with this inbound SPI, for example because its soft limit is near. */
    record RekeyChild(long session, int inboundSpi) implements IkeInput {}

    /** Replaces the IKE SA. */
    record RekeyIke(long session) implements IkeInput {}

    /**
     * Every packet thread now sees the inbound half of this Child SA. Only awaited when
     * {@link IkeSettings#awaitPublication} is set.
     */
    record ChildPublished(long session, int inboundSpi) implements IkeInput {}

    /** The first packet arrived on this inbound SPI: {@link IkeEvent.SendOn} may follow. Optional but quicker. */
    record TrafficSeen(long session, int inboundSpi) implements IkeInput {}
}
