// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.path.PathInput;
import io.vpnmesh.sidecar.data.InboundSa;
import io.vpnmesh.sidecar.data.OverlayPeer;
import io.vpnmesh.sidecar.data.PathUse;
import java.util.List;
import java.util.Optional;

/** What a {@link PeerSession} needs of the node around it. */
interface PeerContext {

    Wire wire();

    void ike(IkeInput input);

    void signal(NodeId peer, int kind, byte[] body);

    Optional<Endpoint> relayEndpoint(NodeId relay);

    Optional<NodeId> relayAt(Endpoint endpoint);

    List<NodeId> relayPaths(NodeId peer);

    PathInput.LocalCandidates localCandidates();

    Optional<IpAddress> addressOf(NodeId peer);

    IpAddress ownAddress(int family);

    void addInbound(InboundSa sa);

    void removeInbound(int spi);

    void sendInside(OverlayPeer peer, byte[] packet, PathUse path, ChildSa child);

    void release(OverlayPeer peer);

    void usernamesChanged(PeerSession session);

    /** Status has news. */
    void changed();

    /** The last session is over, or an attempt came to nothing. */
    void ended(PeerSession session, String why);

    /** No path answers. */
    void unreachable(PeerSession session);
}
