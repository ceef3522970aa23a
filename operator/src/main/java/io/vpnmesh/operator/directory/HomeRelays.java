// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.id.NodeId;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The home relays that pods reported to this replica a moment ago. The lasting place is the VpnPeer, through which the
 * other replicas learn them; this only bridges the time until that write has come back. Thread-safe.
 */
@ApplicationScoped
public class HomeRelays {

    /** Long enough for the write and its watch event, short enough not to hide what another replica was told. */
    private static final long FRESH_NS = Duration.ofSeconds(15).toNanos();

    private final Map<NodeId, Report> reports = new ConcurrentHashMap<>();

    private record Report(List<NodeId> relays, long atNs) {}

    /** Returns whether it differs from what was known. */
    public boolean reported(NodeId node, List<NodeId> relays) {
        long now = System.nanoTime();
        Report before = reports.put(node, new Report(List.copyOf(relays), now));
        reports.values().removeIf(report -> now - report.atNs() > FRESH_NS);
        return before == null || !before.relays().equals(relays);
    }

    Optional<List<NodeId>> of(NodeId node) {
        Report report = reports.get(node);
        return report == null || System.nanoTime() - report.atNs() > FRESH_NS
                ? Optional.empty()
                : Optional.of(report.relays());
    }
}
