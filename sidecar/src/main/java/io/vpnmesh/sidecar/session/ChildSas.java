// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The Child SAs with one node: all of them are received on, one of them is sent on. Conductor only. */
final class ChildSas {

    /** In the order in which they came: two at most but for a moment, and asked of each peer many times a second. */
    private final List<ChildSa> installed = new ArrayList<>();
    /** Those that IKE has named to send on, the last one last: only of them it is certain that the peer has them. */
    private final LinkedHashMap<Integer, ChildSa> named = new LinkedHashMap<>();

    private @Nullable ChildSa outbound;

    void add(ChildSa child) {
        installed.add(child);
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

    /** SAs that the peer sends on while we do not yet. Without garbage where there is none. */
    List<ChildSa> heardAhead() {
        List<ChildSa> ahead = List.of();
        for (int i = 0; i < installed.size(); i++) {
            ChildSa child = installed.get(i);
            if (!isOutbound(child) && child.opener().packets() > 0) {
                ahead = ahead.isEmpty() ? new ArrayList<>() : ahead;
                ahead.add(child);
            }
        }
        return ahead;
    }

    Iterable<ChildSa> all() {
        return installed;
    }

    /** Returns what was removed; if it was sent on, the one that was named last before it, and is left, takes over. */
    @Nullable
    ChildSa remove(int inboundSpi) {
        ChildSa removed = find(inboundSpi);
        installed.remove(removed);
        named.remove(inboundSpi);
        if (removed != null && isOutbound(removed)) {
            outbound = null;
            named.values().forEach(child -> outbound = child);
        }
        return removed;
    }

    private @Nullable ChildSa find(int inboundSpi) {
        for (ChildSa child : installed) {
            if (child.inboundSpi() == inboundSpi) {
                return child;
            }
        }
        return null;
    }

    private boolean isOutbound(ChildSa child) {
        return outbound != null && outbound.inboundSpi() == child.inboundSpi();
    }
}
