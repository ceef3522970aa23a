// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.TimerTable;
import java.util.List;

/** One request under way: its datagrams and when to repeat them (RFC 7296 section 2.1). */
final class Retransmission {

    private final IkeTiming timing;
    private final List<byte[]> datagrams;
    private long intervalNs;
    private long deadlineNs;
    private int left;

    Retransmission(IkeTiming timing, List<byte[]> datagrams, long nowNs) {
        this.timing = timing;
        this.datagrams = List.copyOf(datagrams);
        intervalNs = timing.firstRetransmitNs();
        deadlineNs = nowNs + intervalNs;
        left = timing.retransmissions();
    }

    List<byte[]> datagrams() {
        return datagrams;
    }

    /** How often the request has been repeated. */
    int repetitions() {
        return timing.retransmissions() - left;
    }

    long deadlineNs() {
        return deadlineNs;
    }

    boolean isDue(long nowNs) {
        return nowNs >= deadlineNs;
    }

    /** Takes the next repetition; false when all are used up and the peer counts as gone. */
    boolean next(long nowNs) {
        if (left-- <= 0) {
            deadlineNs = TimerTable.NEVER;
            return false;
        }
        intervalNs = Math.min(2 * intervalNs, timing.maxRetransmitNs());
        deadlineNs = nowNs + intervalNs;
        return true;
    }

    /** Repeats at once after a change of the way, with a full budget. */
    void restart(long nowNs) {
        left = timing.retransmissions();
        intervalNs = timing.firstRetransmitNs();
        deadlineNs = nowNs;
    }
}
