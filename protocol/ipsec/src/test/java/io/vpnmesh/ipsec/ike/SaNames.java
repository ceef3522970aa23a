// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.HashMap;
import java.util.Map;

/**
 * Names of SAs that both ends share: A1 is the first that A has made, B1 the first of B's, and so on; 1 is what was there
 * when the story begins, whoever made it. Whoever answers a request for a Child SA has it first.
 */
final class SaNames {

    private final Map<Long, String> ike = new HashMap<>();
    private final Map<Long, String> children = new HashMap<>();
    private boolean begun = true;

    /** What is seen for the first time from here on was there when the story begins; or is not any more. */
    void prologue(boolean running) {
        begun = !running;
    }

    void see(IkeSa sa, String seenAt) {
        name(ike, key(sa), sa.isInitiator() ? seenAt : other(seenAt));
    }

    private static String other(String host) {
        return host.equals("A") ? "B" : "A";
    }

    private static long key(IkeSa sa) {
        return sa.initiatorSpi() ^ Long.rotateLeft(sa.responderSpi(), 1);
    }

    void see(ChildSa child, String seenAt) {
        name(children, key(child), other(seenAt));
    }

    private void name(Map<Long, String> names, long key, String maker) {
        if (!names.containsKey(key)) {
            long before =
                    names.values().stream().filter(n -> n.startsWith(maker)).count();
            names.put(key, begun ? maker + (before + 1) : "1");
        }
    }

    private static long key(ChildSa child) {
        long in = Integer.toUnsignedLong(child.inboundSpi());
        long out = Integer.toUnsignedLong(child.outboundSpi());
        return Math.min(in, out) << 32 | Math.max(in, out);
    }

    String of(IkeSa sa) {
        return ike.getOrDefault(key(sa), "?");
    }

    String of(ChildSa child) {
        return children.getOrDefault(key(child), "?");
    }
}
