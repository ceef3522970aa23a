// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnClusterStatus;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.crds.VpnPeerStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Peers and clusters as tables. */
final class PeerTables {

    private PeerTables() {}

    static TextTable peers(List<VpnPeer> peers) {
        TextTable table = new TextTable("NAMESPACE", "POD", "MESH", "ADDRESS", "PATH", "REASON", "NAT", "NODE-ID");
        for (VpnPeer peer : peers) {
            VpnPeerStatus status = peer.getStatus() == null ? VpnPeerStatus.empty() : peer.getStatus();
            table.add(
                    peer.getMetadata().getNamespace(),
                    peer.getSpec().podName(),
                    peer.getSpec().mesh().namespace() + "/"
                            + peer.getSpec().mesh().name(),
                    status.addresses().isEmpty() ? "-" : String.join(",", status.addresses()),
                    path(status),
                    text(status.relayedReason()),
                    text(status.natType()),
                    text(status.nodeId()));
        }
        return table;
    }

    static TextTable clusters(List<VpnCluster> clusters) {
        TextTable table =
                new TextTable("CLUSTER", "MESH", "PREFIXES", "CONNECTED", "PEERS", "LAST-SEEN", "STATE", "CLUSTER-ID");
        for (VpnCluster cluster : clusters) {
            VpnClusterStatus status = cluster.getStatus() == null ? VpnClusterStatus.empty() : cluster.getStatus();
            boolean local = Boolean.TRUE.equals(status.local());
            table.add(
                    text(cluster.getSpec().displayName()) + (local ? " (this)" : ""),
                    cluster.getMetadata().getNamespace() + "/"
                            + cluster.getSpec().mesh(),
                    status.prefixes().isEmpty() ? "-" : String.join(",", status.prefixes()),
                    local ? "-" : text(status.connected()),
                    text(status.peers()),
                    text(status.lastSeen()),
                    state(cluster),
                    cluster.getSpec().clusterId());
        }
        return table;
    }

    /** How a pod reaches its peers: the counts, because it may be some of each. */
    static String path(VpnPeerStatus status) {
        int direct = status.direct() == null ? 0 : status.direct();
        int relayed = status.relayed() == null ? 0 : status.relayed();
        if (direct == 0 && relayed == 0) {
            return "idle";
        }
        if (relayed == 0) {
            return "direct";
        }
        return direct == 0 ? "relayed" : direct + " direct, " + relayed + " relayed";
    }

    private static String state(VpnCluster cluster) {
        if (Boolean.TRUE.equals(cluster.getSpec().revoked())) {
            return "revoked";
        }
        return Boolean.FALSE.equals(cluster.getSpec().approved()) ? "waits for spec.approved" : "member";
    }

    private static String text(@Nullable Object value) {
        return value == null || value.toString().isEmpty() ? "-" : value.toString();
    }
}
