// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Dropped packets by reason. One thread counts, any thread reads. */
public final class DropCounters {

    private static final System.Logger LOG = System.getLogger(DropCounters.class.getName());

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] counts = new long[DropReason.values().length];

    void count(DropReason reason) {
        count(reason, 1);
    }

    void count(DropReason reason, int packets) {
        LONGS.setOpaque(counts, reason.ordinal(), counts[reason.ordinal()] + packets);
    }

    /** Counts a fault of ours, and logs the first of this thread. */
    void fault(RuntimeException fault) {
        if (counts[DropReason.INTERNAL_FAULT.ordinal()] == 0) {
            LOG.log(System.Logger.Level.ERROR, "event=packet-fault", fault);
        }
        count(DropReason.INTERNAL_FAULT);
    }

    public long of(DropReason reason) {
        return (long) LONGS.getOpaque(counts, reason.ordinal());
    }
}
