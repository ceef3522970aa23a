// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.inbound;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Flows that were seen, bounded and without a lock: one thread writes, any thread reads. A full set forgets its oldest
 * flow.
 *
 * <p>Shape: sets of 4 entries; an entry is the keyed 64-bit hash of its flow and the second it was last seen. A hash
 * of 0 marks a free entry.
 */
public final class FlowTable {

    private static final int WAYS = 4;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

    private final long[] hashes;
    private final int[] seenSeconds;
    private final int setMask;

    /** @param capacity flows; a power of two of at least 4 */
    public FlowTable(int capacity) {
        if (Integer.bitCount(capacity) != 1 || capacity < WAYS) {
            throw new IllegalArgumentException("capacity " + capacity + " is no power of two");
        }
        hashes = new long[capacity];
        seenSeconds = new int[capacity];
        setMask = capacity / WAYS - 1;
    }

    /** Remembers a flow or refreshes it. Only the writing thread. */
    void see(long hash, int nowSeconds) {
        int set = set(hash);
        int oldest = set;
        for (int i = set; i < set + WAYS; i++) {
            if (hashes[i] == hash) {
                INTS.setRelease(seenSeconds, i, nowSeconds);
                return;
            }
            if (hashes[i] == 0) {
                oldest = i;
                break;
            }
            if (seenSeconds[i] < seenSeconds[oldest]) {
                oldest = i;
            }
        }
        INTS.setRelease(seenSeconds, oldest, nowSeconds);
        LONGS.setRelease(hashes, oldest, hash);
    }

    /** Whether the flow was seen in the last {@code maxAgeSeconds}. Any thread. */
    boolean isKnown(long hash, int nowSeconds, int maxAgeSeconds) {
        int set = set(hash);
        for (int i = set; i < set + WAYS; i++) {
            if ((long) LONGS.getAcquire(hashes, i) == hash) {
                return nowSeconds - (int) INTS.getAcquire(seenSeconds, i) <= maxAgeSeconds;
            }
        }
        return false;
    }

    private int set(long hash) {
        return ((int) (hash >>> 32) & setMask) * WAYS;
    }
}
