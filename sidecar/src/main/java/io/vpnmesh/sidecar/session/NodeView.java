// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.directory.enrol.PeerStatus;
import java.util.List;

/**
 * What this node is and whom it reaches, at one moment. Immutable.
 *
 * @param homes relays where peers reach us
 * @param known members in the directory
 */
public record NodeView(
        NodeId node,
        String mesh,
        List<IpAddress> addresses,
        String natType,
        List<Endpoint> reflexive,
        List<NodeId> homes,
        List<RelayView> relays,
        List<PeerView> peers,
        int known) {

    /** @param forwards whether our tuple there is proven */
    public record RelayView(
            NodeId node, String name, Endpoint endpoint, boolean home, boolean forwards, double rttMs) {}

    /**
     * @param status the same that the operator is told
     * @param via where packets for it go
     */
    public record PeerView(
            PeerStatus status, String cluster, String name, String address, String via, long rxBytes, long txBytes) {}

    public NodeView {
        addresses = List.copyOf(addresses);
        reflexive = List.copyOf(reflexive);
        homes = List.copyOf(homes);
        relays = List.copyOf(relays);
        peers = List.copyOf(peers);
    }
}
