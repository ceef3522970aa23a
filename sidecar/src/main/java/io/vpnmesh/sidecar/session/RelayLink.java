// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.directory.record.PeerRecord;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One relay and the IKE SA with it. Conductor only. */
final class RelayLink {

    private static final long FIRST_RETRY_NS = 500_000_000L;
    private static final long LONGEST_RETRY_NS = 10_000_000_000L;

    final NodeId relay;
    final ChildSas children = new ChildSas();
    List<Endpoint> endpoints;
    IpAddress overlay;
    boolean home;
    boolean forwards;
    long session;
    String reflexive = "";
    String ownId = "";
    String peerId = "";
    long downSinceNs;
    private int endpointIndex;
    private int failures;

    RelayLink(PeerRecord record, IpAddress overlay, long nowNs) {
        this.relay = record.node();
        this.overlay = overlay;
        this.endpoints = endpoints(record);
        this.downSinceNs = nowNs;
    }

    static List<Endpoint> endpoints(PeerRecord record) {
        return record.relay().map(relay -> relay.udp()).orElse(List.of());
    }

    /** Where the relay is tried at the moment, or is reached. */
    Endpoint endpoint() {
        return endpoints.get(endpointIndex % endpoints.size());
    }

    /** Takes new endpoints from the directory; returns whether the one in use is gone. */
    boolean renew(PeerRecord record) {
        Endpoint used = endpoint();
        List<Endpoint> next = endpoints(record);
        if (next.isEmpty() || next.equals(endpoints)) {
            return false;
        }
        endpoints = next;
        endpointIndex = Math.max(0, next.indexOf(used));
        return !next.contains(used);
    }

    /** Counts a failed attempt, turns to the next endpoint, and returns the pause before the next try. */
    long failed() {
        endpointIndex = (endpointIndex + 1) % endpoints.size();
        int step = Math.min(failures++, 5);
        return Math.min(FIRST_RETRY_NS << step, LONGEST_RETRY_NS);
    }

    void succeeded() {
        failures = 0;
    }

    /** An address of ours of the family that the relay's overlay address has. */
    @Nullable
    IpAddress ownAddress(List<IpAddress> own) {
        return own.stream()
                .filter(address -> address.family() == overlay.family())
                .findFirst()
                .orElse(null);
    }
}
