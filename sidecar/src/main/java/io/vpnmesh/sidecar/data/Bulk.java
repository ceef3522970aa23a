// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.transport.SchedulingPolicy;

/**
 * How the packet threads are scheduled while they carry bulk: as {@link SchedulingPolicy#BATCH}. Who wakes up then leaves the
 * processor to whoever has it, who is as a rule the one that feeds it, and finds more when its turn comes: fewer wake-ups,
 * fewer acknowledgements, warmer caches. A lone packet must not wait for anybody's time slice, so without bulk they are
 * scheduled as all threads are.
 *
 * <p>Both threads follow the same bulk, because what acknowledges it goes the other way. Each asks its own {@link Meter}.
 */
final class Bulk {

    /** What counts: 1 Gb/s, which is an eighth of a byte each nanosecond. */
    private static final int NS_PER_BYTE = 8;

    private static final long PERIOD_NS = 10_000_000L;

    /** A pause of the sender is not the end. */
    private static final long LINGER_NS = 100_000_000L;

    private static final System.Logger LOG = System.getLogger(Bulk.class.getName());

    private volatile long untilNs = Long.MIN_VALUE;

    /** Of one thread, which alone may use it. */
    final class Meter {

        private long fromNs;
        private long bytes;
        private boolean batch;
        private boolean refused;

        /** Counts what has been carried since the last time, and follows what that means; cheap enough for each train. */
        void carried(int more, long nowNs) {
            bytes += more;
            long elapsed = nowNs - fromNs;
            if (elapsed < PERIOD_NS) {
                return;
            }
            if (bytes * NS_PER_BYTE >= elapsed) {
                untilNs = nowNs + LINGER_NS;
            }
            fromNs = nowNs;
            bytes = 0;
            follow(nowNs < untilNs);
        }

        private void follow(boolean wanted) {
            if (batch == wanted || refused) {
                return;
            }
            batch = wanted;
            int result = (wanted ? SchedulingPolicy.BATCH : SchedulingPolicy.OTHER).apply();
            if (result < 0) {
                refused = true;
                LOG.log(System.Logger.Level.INFO, "event=scheduling-refused errno=" + -result);
            }
        }
    }
}
