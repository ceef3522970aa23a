// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The Child SAs with one node: all of them are received on, one of them is sent on. Conductor only. */
final class ChildSas {

    private final Map<Integer, ChildSa> byInboundSpi = new LinkedHashMap<>();
    /** Those that IKE has named to send on, the last one last: only of them it is certain that the peer has them. */
    private final LinkedHashMap<Integer, ChildSa> named = new LinkedHashMap<>();

    private @Nullable ChildSa outbound;

    void add(ChildSa child) {
        byInboundSpi.put(child.inboundSpi(), child);
    }

    void sendOn(ChildSa child) {
        named.putLast(child.inboundSpi(), child);
        outbound = child;
    }

    /** Null until the first is installed. */
    @Nullable
    ChildSa outbound() {
        return outbound;
    }

    /** SAs that the peer sends on while we do not yet. Asked of each peer many times a second, so no stream. */
    List<ChildSa> heardAhead() {
        List<ChildSa> ahead = List.of();
        for (ChildSa child : byInboundSpi.values()) {
            if (!isOutbound(child) && child.opener().packets() > 0) {
                ahead = ahead.isEmpty() ? new ArrayList<>() : ahead;
                ahead.add(child);
            }
        }
        return ahead;
    }

    Iterable<ChildSa> all() {
        return byInboundSpi.values();
    }

    /** Returns what was removed; if it was sent on, the one that was named last before it, and is left, takes over. */
    @Nullable
    ChildSa remove(int inboundSpi) {
        ChildSa removed = byInboundSpi.remove(inboundSpi);
        named.remove(inboundSpi);
        if (removed != null && isOutbound(removed)) {
            outbound = null;
            named.values().forEach(child -> outbound = child);
        }
        return removed;
    }

    private boolean isOutbound(ChildSa child) {
        return outbound != null && outbound.inboundSpi() == child.inboundSpi();
    }
}
