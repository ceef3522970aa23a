// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.nat.path.Path;
import io.vpnmesh.sidecar.data.OverlayPeer;
import io.vpnmesh.sidecar.data.PathUse;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** The paths to one peer with their counters. Conductor only. */
final class PeerPaths {

    /** Beyond what a peer ever has alive; the oldest that is not in use goes. */
    private static final int MAX_PATHS = 16;

    private record Seen(long outbound, long inbound) {}

    /** Whether packets went or came since the last look, and whether some came. */
    record Moved(boolean any, boolean inbound) {}

    private final OverlayPeer peer;
    private final Function<NodeId, Optional<Endpoint>> relayEndpoint;
    private final Map<Path, PathUse> uses = new LinkedHashMap<>();
    private final Map<PathUse, Seen> told = new LinkedHashMap<>();

    PeerPaths(OverlayPeer peer, Function<NodeId, Optional<Endpoint>> relayEndpoint) {
        this.peer = peer;
        this.relayEndpoint = relayEndpoint;
    }

    /** The use of a path, made at need; empty when its relay is not attached. */
    Optional<PathUse> use(Path path) {
        Optional<Endpoint> target = switch (path) {
            case Path.Direct direct -> Optional.of(direct.remote());
            case Path.Relayed relayed -> relayEndpoint.apply(relayed.relay());
        };
        if (target.isEmpty()) {
            return Optional.empty();
        }
        PathUse known = uses.get(path);
        if (known == null || !known.target().equals(target.get())) {
            known = new PathUse(path, target.get());
            uses.remove(path);
            uses.put(path, known);
            trim();
            peer.publishPaths(List.copyOf(uses.values()));
        }
        return Optional.of(known);
    }

    private void trim() {
        Iterator<PathUse> oldest = uses.values().iterator();
        while (uses.size() > MAX_PATHS && oldest.hasNext()) {
            told.remove(oldest.next());
            oldest.remove();
        }
    }

    /** Tells every path whose counters moved since the last time. */
    Moved tellTraffic(Consumer<PathUse> consumer) {
        boolean any = false;
        boolean inbound = false;
        for (PathUse use : uses.values()) {
            Seen now = new Seen(use.outbound(), use.inbound());
            Seen before = told.put(use, now);
            if (!now.equals(before)) {
                consumer.accept(use);
                any = true;
                inbound |= before != null && now.inbound() > before.inbound();
            }
        }
        return new Moved(any, inbound);
    }

    Iterable<PathUse> all() {
        return uses.values();
    }
}
