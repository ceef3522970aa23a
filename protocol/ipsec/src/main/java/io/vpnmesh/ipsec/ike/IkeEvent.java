// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.List;

/** What an {@link IkeEndpoint} says. Events and datagrams must be handled in the order in which they came out. */
public sealed interface IkeEvent {

    /** An IKE message for a node, through signalling. */
    record SendSignalled(NodeId to, byte[] message) implements IkeEvent {}

    /**
     * Please judge this chain (leaf first; the leaf alone from our own) and come back with
     * {@link IkeInput.PeerVerified} or {@link IkeInput.PeerRefused}.
     */
    record VerifyPeer(long ticket, PeerRef from, List<byte[]> certificatesDer) implements IkeEvent {}

    /**
     * An IKE SA is up and both sides are authenticated. A second session with the same node is possible for a moment
     * (crossing, restart); the engine closes the one that loses.
     *
     * @param local where the peer's messages arrive; {@link Endpoint#UNSPECIFIED} for signalling
     * @param initiator whether we started it
     * @param keys for path checks
     * @param ownPeer whether the peer speaks our private notifies
     * @param peerBootEpoch 0 if the peer did not say
     * @param peerPathCheckId the USERNAME that our checks to the peer carry; empty for foreign peers
     * @param ownPathCheckId the USERNAME that the peer's checks to us carry
     * @param suite what was negotiated, for status
     */
    record Established(
            long session,
            PeerRef peer,
            Endpoint local,
            boolean initiator,
            NodeIdentity identity,
            PathCheckKeys keys,
            boolean ownPeer,
            long peerBootEpoch,
            String peerPathCheckId,
            String ownPathCheckId,
            String suite)
            implements IkeEvent {}

    /** Publish the inbound half at once, before anything that follows this event leaves. */
    record ChildInstalled(long session, ChildSa child) implements IkeEvent {}

    /** From here on outbound traffic of these selectors goes through this Child SA. Follows ChildInstalled. */
    record SendOn(long session, ChildSa child) implements IkeEvent {}

    /** Both halves are gone; for a rekeyed one this comes 30 s after the last packet could have left the peer. */
    record ChildRemoved(long session, int inboundSpi, int outboundSpi) implements IkeEvent {}

    /** A status notify of ours from an authenticated peer. */
    record Notified(long session, int type, byte[] data) implements IkeEvent {}

    record LivenessConfirmed(long session) implements IkeEvent {}

    /** New keys of path checks after a rekey of the IKE SA; {@code initiator}: whether we are its initiator. */
    record PathKeysChanged(long session, PathCheckKeys keys, boolean initiator) implements IkeEvent {}

    /**
     * The node sends us to another gateway (RFC 5685): while it starts, and then it may be forged and the attempt is over;
     * or out of a session, which goes on until the shell closes it.
     */
    record Redirected(PeerRef peer, NodeId from, Gateway to) implements IkeEvent {}

    /** Authentic IKE now comes from elsewhere (NAT rebinding, MOBIKE); the session follows. */
    record PeerMoved(long session, PeerRef peer, Endpoint local) implements IkeEvent {}

    /** The session is over; its Child SAs have been removed before. */
    record Closed(long session, PeerRef peer, String reason) implements IkeEvent {}

    /** An attempt of ours, or a peer's that reached authentication, came to nothing. */
    record Failed(PeerRef peer, String reason) implements IkeEvent {}
}
