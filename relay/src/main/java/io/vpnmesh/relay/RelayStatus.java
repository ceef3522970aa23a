// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.node.health.MetricsText;
import io.vpnmesh.node.health.NodeStatus;
import io.vpnmesh.relay.packet.RelayCounters;
import io.vpnmesh.transport.UdpCounters;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a relay tells about itself. The conductor writes snapshots; readiness is about this process and nothing else. */
final class RelayStatus implements NodeStatus {

    /** Numbers that only the conductor may read at their source. */
    record Snapshot(
            int clients,
            int sessions,
            int leases,
            int controlConnections,
            int clusters,
            int waitingJoins,
            long undeliverableSignals,
            long droppedMessages,
            long conductorFailures,
            boolean feedConnected) {

        static final Snapshot EMPTY = new Snapshot(0, 0, 0, 0, 0, 0, 0, 0, 0, false);
    }

    private final RelayCounters counters;
    private volatile Snapshot snapshot = Snapshot.EMPTY;
    private volatile @Nullable NodeId node;
    private volatile @Nullable UdpCounters udp;
    private volatile boolean running;

    RelayStatus(RelayCounters counters) {
        this.counters = counters;
    }

    void running(NodeId self, UdpCounters udpCounters) {
        node = self;
        udp = udpCounters;
        running = true;
    }

    void stopping() {
        running = false;
    }

    boolean hasClients() {
        return snapshot.clients() > 0;
    }

    void update(Snapshot next) {
        snapshot = next;
    }

    @Override
    public boolean started() {
        return node != null;
    }

    @Override
    public boolean ready() {
        return running;
    }

    @Override
    public String statusJson() {
        Snapshot now = snapshot;
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("nodeId", node == null ? "" : String.valueOf(node));
        fields.put("role", "relay");
        fields.put("ready", running);
        fields.put("feedConnected", now.feedConnected());
        fields.put("clients", now.clients());
        fields.put("leases", now.leases());
        fields.put("controlConnections", now.controlConnections());
        fields.put("clusters", now.clusters());
        fields.put("forwardedPackets", counters.forwardedPackets.sum());
        fields.put("forwardedBytes", counters.forwardedBytes.sum());
        return Json.write(fields);
    }

    @Override
    public void writeMetrics(MetricsText metrics) {
        Snapshot now = snapshot;
        counters.write(metrics);
        metrics.gauge("vpnmesh_relay_clients", "Attached clients.", now.clients());
        metrics.gauge("vpnmesh_relay_ike_sessions", "IKE SAs with clients.", now.sessions());
        metrics.gauge("vpnmesh_relay_leases", "Leased SPIs.", now.leases());
        metrics.gauge("vpnmesh_relay_control_connections", "Operators and relays.", now.controlConnections());
        metrics.gauge("vpnmesh_relay_clusters", "Clusters with records here.", now.clusters());
        metrics.gauge("vpnmesh_relay_waiting_joins", "Joins that wait for the founder.", now.waitingJoins());
        metrics.gauge(
                "vpnmesh_relay_feed_connected", "1 while the operator's feed is live.", now.feedConnected() ? 1 : 0);
        metrics.counter(
                "vpnmesh_relay_undeliverable_signals_total", "Signals without an SA.", now.undeliverableSignals());
        metrics.counter(
                "vpnmesh_relay_conductor_dropped_total",
                "Messages that found the mailbox full.",
                now.droppedMessages());
        metrics.counter("vpnmesh_relay_conductor_failures_total", "Messages that met a bug.", now.conductorFailures());
        UdpCounters sent = udp;
        if (sent != null) {
            metrics.family("vpnmesh_relay_send_errors_total", "counter", "Datagrams that the kernel refused.")
                    .sample(sent.bufferFull(), "reason", "buffer_full")
                    .sample(sent.tooLong(), "reason", "too_long")
                    .sample(sent.refused(), "reason", "refused")
                    .sample(sent.unreachable(), "reason", "unreachable")
                    .sample(sent.otherErrors(), "reason", "other");
        }
    }
}
