// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.transport.MonotonicClock;

/**
 * A turn for other threads before a sleep. Where more comes soon, its maker often waits for this very processor, and to let it
 * go first costs less than a sleep and a wake-up for each train. Where somebody computes for long, a turn is dear, because
 * who sleeps is preferred when woken and who yields is not: then there are none for a while.
 *
 * <p>One owner thread.
 */
final class Turn {

    private static final long DEAR_NS = 1_000_000L;
    private static final long PAUSE_NS = 1_000_000_000L;

    private long notBeforeNs = Long.MIN_VALUE;

    /** Whether there was a turn; if not, sleep. */
    boolean give() {
        long fromNs = MonotonicClock.nowNs();
        if (fromNs < notBeforeNs) {
            return false;
        }
        Thread.yield();
        long toNs = MonotonicClock.nowNs();
        if (toNs - fromNs > DEAR_NS) {
            notBeforeNs = toNs + PAUSE_NS;
        }
        return true;
    }
}
