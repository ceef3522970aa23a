// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.core.TimerTable;

/**
 * When a round of checks is due: at once when candidates change, soon after that once more, then ever more rarely; later
 * still when direct paths keep breaking.
 */
final class RoundClock {

    enum Phase {
        RESTING,
        /** Priming packets are out; waiting for the peer's. */
        PRIMING,
        CHECKING
    }

    private static final long SECOND_NS = 1_000_000_000L;
    private static final long[] RETRY_NS = {
        3 * SECOND_NS, 10 * SECOND_NS, 20 * SECOND_NS, 40 * SECOND_NS, 60 * SECOND_NS
    };
    /** After the first loss the path is tried again soon: most losses are a blip or a rebound NAT. */
    private static final long FIRST_RETURN_NS = SECOND_NS;

    private static final long STABLE_NS = 60 * SECOND_NS;
    private static final int MAX_FLAPS = 6;

    Phase phase = Phase.RESTING;
    private long deadlineNs = TimerTable.NEVER;
    private long startedNs = -SECOND_NS;
    private int failedRounds;
    private int flaps;
    private long holdUntilNs;

    /** When the phase ends, or the next round is due. */
    long nextNs() {
        return deadlineNs;
    }

    long startedNs() {
        return startedNs;
    }

    void start(long nowNs, long primedWaitNs) {
        phase = Phase.PRIMING;
        startedNs = nowNs;
        deadlineNs = nowNs + primedWaitNs;
    }

    void check() {
        phase = Phase.CHECKING;
        deadlineNs = TimerTable.NEVER;
    }

    void succeeded() {
        phase = Phase.RESTING;
        failedRounds = 0;
        deadlineNs = TimerTable.NEVER;
    }

    void failed(long nowNs) {
        phase = Phase.RESTING;
        deadlineNs = nowNs + RETRY_NS[Math.min(failedRounds, RETRY_NS.length - 1)];
        failedRounds++;
    }

    /** Something is new on either side: forget that rounds have failed. */
    void changed(long nowNs) {
        failedRounds = 0;
        holdUntilNs = Math.min(holdUntilNs, nowNs);
        deadlineNs = nowNs;
        phase = Phase.RESTING;
    }

    /** A direct path in use died: come back soon the first time, later each time that it did not last. */
    void lost(long nowNs, long usedForNs) {
        flaps = usedForNs >= STABLE_NS ? 0 : Math.min(flaps + 1, MAX_FLAPS);
        holdUntilNs = nowNs + (FIRST_RETURN_NS << 2 * Math.max(0, flaps - 1)) / (flaps == 0 ? 2 : 1);
        phase = Phase.RESTING;
        deadlineNs = holdUntilNs;
    }

    /** Direct paths are not taken before. */
    long holdUntilNs() {
        return holdUntilNs;
    }
}
