// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.NodeId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Which relays are a node's homes: those that it had and that still work, then the others by rendezvous hash, so that
 * nodes spread over relays and a lost relay moves only its own clients.
 */
final class HomeChoice {

    static final int MAX_HOMES = 2;

    private HomeChoice() {}

    /**
     * @param available relays with an address
     * @param preferred homes of now, best first
     * @param avoided relays that have not answered for a while; taken only when there is nothing else
     */
    static List<NodeId> choose(
            NodeId self, Collection<NodeId> available, List<NodeId> preferred, Collection<NodeId> avoided) {
        List<NodeId> order = new ArrayList<>(available);
        order.sort(Comparator.comparing((NodeId relay) -> avoided.contains(relay))
                .thenComparing(relay -> !preferred.contains(relay))
                .thenComparing(relay -> weight(self, relay), Long::compareUnsigned));
        return List.copyOf(order.subList(0, Math.min(MAX_HOMES, order.size())));
    }

    private static long weight(NodeId self, NodeId relay) {
        long mixed = (self.high() ^ relay.low()) * 0x9E3779B97F4A7C15L + (self.low() ^ relay.high());
        mixed = (mixed ^ mixed >>> 32) * 0xBF58476D1CE4E5B9L;
        return mixed ^ mixed >>> 29;
    }
}
