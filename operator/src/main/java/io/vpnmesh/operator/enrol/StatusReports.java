// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.enrol.PeerStatus;
import io.vpnmesh.directory.enrol.StatusReport;
import io.vpnmesh.operator.address.AddressAllocator;
import io.vpnmesh.operator.address.Allocations;
import io.vpnmesh.operator.directory.ClusterDirectory;
import io.vpnmesh.operator.directory.HomeRelays;
import io.vpnmesh.operator.model.PeerModel;
import io.vpnmesh.operator.peer.PeerReports;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Takes what nodes tell about themselves. */
@ApplicationScoped
class StatusReports {

    private final NodeGate gate;
    private final AddressAllocator allocator;
    private final PeerReports reports;
    private final HomeRelays homeRelays;
    private final ClusterDirectory directory;

    StatusReports(
            NodeGate gate,
            AddressAllocator allocator,
            PeerReports reports,
            HomeRelays homeRelays,
            ClusterDirectory directory) {
        this.gate = gate;
        this.allocator = allocator;
        this.reports = reports;
        this.homeRelays = homeRelays;
        this.directory = directory;
    }

    void take(NodeGate.Node node, StatusReport report) {
        Pod pod = gate.pod(node);
        Allocations.Held held = node.held();
        boolean leaving = pod.getMetadata().getDeletionTimestamp() != null || PeerModel.finished(pod);
        if (report.goodbye() && leaving) {
            // A sidecar that is only restarted says goodbye too; its pod stays, and so does its address.
            allocator.release(node.keys().addressSpace(), List.of(held.holder().uid()));
        } else if (held.quarantined() && !leaving) {
            allocator.allocate(node.keys().addressSpace(), held.holder());
        }
        if (node.identity().role() == NodeRole.SIDECAR) {
            List<NodeId> relays = report.goodbye() ? List.of() : report.homeRelays();
            if (homeRelays.reported(node.identity().node(), relays)) {
                directory.changed(node.keys().mesh());
            }
            reports.reported(
                    new PeerReports.PodKey(
                            held.holder().namespace(),
                            held.holder().name(),
                            held.holder().uid()),
                    facts(report));
        }
    }

    private static PeerReports.Reported facts(StatusReport report) {
        int direct = 0;
        int relayed = 0;
        for (PeerStatus peer : report.peers()) {
            switch (peer.path()) {
                case DIRECT -> direct++;
                case RELAYED -> relayed++;
                case DOWN -> {} // counted by metrics; a peer that is down is not a way
            }
        }
        List<String> homeRelays = report.goodbye()
                ? List.of()
                : report.homeRelays().stream().map(NodeId::toString).toList();
        return new PeerReports.Reported(homeRelays, report.natType(), direct, relayed, commonestReason(report.peers()));
    }

    private static @Nullable String commonestReason(List<PeerStatus> peers) {
        return peers.stream()
                .filter(peer ->
                        peer.path() == PeerStatus.Path.RELAYED && !peer.reason().isEmpty())
                .collect(Collectors.groupingBy(PeerStatus::reason, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey)
                .orElse(null);
    }
}
