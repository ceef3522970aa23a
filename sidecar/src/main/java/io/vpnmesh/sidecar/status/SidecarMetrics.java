// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.status;

import io.vpnmesh.directory.enrol.PeerStatus;
import io.vpnmesh.node.health.MetricsText;
import io.vpnmesh.sidecar.data.DataPlane;
import io.vpnmesh.sidecar.data.DropReason;
import io.vpnmesh.sidecar.data.FastPath;
import io.vpnmesh.sidecar.data.TrainStage;
import io.vpnmesh.sidecar.session.NodeView;
import io.vpnmesh.transport.crypto.AeadChoice;
import java.util.LinkedHashMap;
import java.util.Map;

/** Metrics of a sidecar; what ticks lives here and never in the cluster's store. */
final class SidecarMetrics {

    private SidecarMetrics() {}

    static void write(MetricsText metrics, DataPlane data, NodeView view, AeadChoice aead) {
        metrics.family("vpnmesh_sidecar_peers", "gauge", "Peers with a tunnel, by path");
        for (PeerStatus.Path path : PeerStatus.Path.values()) {
            metrics.sample(
                    view.peers().stream()
                            .filter(peer -> peer.status().path() == path)
                            .count(),
                    "path",
                    path.text());
        }
        metrics.gauge("vpnmesh_sidecar_known_peers", "Members in the directory", view.known());
        metrics.gauge(
                "vpnmesh_sidecar_relays_attached",
                "Relays that forward for us",
                view.relays().stream().filter(NodeView.RelayView::forwards).count());
        metrics.family("vpnmesh_sidecar_peer_received_bytes_total", "counter", "Inner bytes from a peer");
        view.peers()
                .forEach(peer -> metrics.sample(
                        peer.rxBytes(), "peer", peer.status().node().toString()));
        metrics.family("vpnmesh_sidecar_peer_sent_bytes_total", "counter", "Inner bytes to a peer");
        view.peers()
                .forEach(peer -> metrics.sample(
                        peer.txBytes(), "peer", peer.status().node().toString()));
        metrics.family("vpnmesh_sidecar_dropped_packets_total", "counter", "Packets that went no farther, by reason");
        drops(data).forEach((reason, count) -> metrics.sample(count, "reason", reason));
        trains(metrics, data);
        metrics.family("vpnmesh_sidecar_aead", "gauge", "Who seals packets; always 1")
                .sample(
                        1,
                        "engine",
                        aead.engine().name(),
                        "version",
                        aead.engine().version());
    }

    private static void trains(MetricsText metrics, DataPlane data) {
        metrics.family("vpnmesh_sidecar_trains_total", "counter", "Packets that travelled as one, by place");
        for (TrainStage stage : TrainStage.values()) {
            metrics.sample(data.trains().trains(stage), "at", stage.label());
        }
        metrics.family("vpnmesh_sidecar_train_packets_total", "counter", "Packets in them");
        for (TrainStage stage : TrainStage.values()) {
            metrics.sample(data.trains().packets(stage), "at", stage.label());
        }
        FastPath path = data.fastPath();
        metrics.family("vpnmesh_sidecar_fast_path", "gauge", "What the kernel offers; always 1")
                .sample(
                        1,
                        "tun",
                        path.tun().text(),
                        "receives_trains",
                        Boolean.toString(path.receivesTrains()),
                        "sends_trains",
                        Boolean.toString(path.sendsTrains()));
    }

    /** Every reason with its count. */
    static Map<String, Long> drops(DataPlane data) {
        Map<String, Long> counts = new LinkedHashMap<>();
        for (DropReason reason : DropReason.values()) {
            counts.put(reason.label(), data.drops(reason));
        }
        return counts;
    }
}
