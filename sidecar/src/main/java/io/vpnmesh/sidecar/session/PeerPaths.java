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

    /** What packets did since the last look. */
    enum Movement {
        NONE,
        OUTBOUND_ONLY,
        INBOUND
    }

    /** What was said of a path's counters. */
    private static final class Told {
        private final PathUse use;
        private long outbound = -1;
        private long inbound = -1;

        Told(PathUse use) {
            this.use = use;
        }
    }

    private final OverlayPeer peer;
    private final Function<NodeId, Optional<Endpoint>> relayEndpoint;
    private final Consumer<PathUse> traffic;
    private final Map<Path, PathUse> uses = new LinkedHashMap<>();

    /** The same paths. An array, because all peers are looked at twenty times a second, and garbage asks for pauses. */
    private Told[] told = {};

    /** @param traffic hears of each path whose counters moved, when {@link #tellTraffic} looks */
    PeerPaths(OverlayPeer peer, Function<NodeId, Optional<Endpoint>> relayEndpoint, Consumer<PathUse> traffic) {
        this.peer = peer;
        this.relayEndpoint = relayEndpoint;
        this.traffic = traffic;
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
            told = uses.values().stream().map(this::told).toArray(Told[]::new);
            peer.publishPaths(List.copyOf(uses.values()));
        }
        return Optional.of(known);
    }

    private void trim() {
        Iterator<PathUse> oldest = uses.values().iterator();
        while (uses.size() > MAX_PATHS && oldest.hasNext()) {
            oldest.next();
            oldest.remove();
        }
    }

    private Told told(PathUse use) {
        for (Told before : told) {
            if (before.use == use) {
                return before;
            }
        }
        return new Told(use);
    }

    /** Tells of every path whose counters moved since the last time; of a new one always. */
    Movement tellTraffic() {
        Movement most = Movement.NONE;
        for (Told path : told) {
            long outbound = path.use.outbound();
            long inbound = path.use.inbound();
            if (outbound == path.outbound && inbound == path.inbound) {
                continue;
            }
            boolean isNew = path.inbound < 0;
            boolean came = !isNew && inbound > path.inbound;
            path.outbound = outbound;
            path.inbound = inbound;
            traffic.accept(path.use);
            if (came) {
                most = Movement.INBOUND;
            } else if (most == Movement.NONE) {
                most = Movement.OUTBOUND_ONLY;
            }
        }
        return most;
    }

    /** Adds up what went and came through relays. */
    void addRelayed(Map<NodeId, long[]> sums) {
        for (Told path : told) {
            if (path.use.path() instanceof Path.Relayed relayed) {
                long[] sum = sums.computeIfAbsent(relayed.relay(), _ -> new long[2]);
                sum[0] += path.outbound;
                sum[1] += path.inbound;
            }
        }
    }
}
