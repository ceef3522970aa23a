// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar;

import java.util.function.LongSupplier;

/**
 * Collects the whole heap while the pod is silent. What a start leaves behind outgrows the young part, so it lies in the old
 * one: megabytes that nobody would free before that is full, which is under load, in a pause of tens of milliseconds. In a
 * silent moment the same pause delays nobody.
 *
 * <p>One owner thread, which calls {@link #look} at regular intervals.
 */
final class IdleCollector {

    /** What is worth a collection: more than the young part, which is collected in any case. */
    static final long WORTH_BYTES = 3 << 20;

    private final LongSupplier moved;
    private final LongSupplier used;
    private final Runnable collection;
    private long lastMoved = -1;
    /** Bytes that the last collection left; none before the first. */
    private long kept;

    /** @param moved packets of the pod so far, in both directions */
    IdleCollector(LongSupplier moved) {
        this(moved, IdleCollector::usedBytes, System::gc);
    }

    /** @param used bytes of the heap, with what is garbage in it */
    IdleCollector(LongSupplier moved, LongSupplier used, Runnable collection) {
        this.moved = moved;
        this.used = used;
        this.collection = collection;
    }

    /** Collects if no packet has moved since the last look, and much has come together since the last collection. */
    void look() {
        long now = moved.getAsLong();
        boolean silent = now == lastMoved;
        lastMoved = now;
        if (silent && used.getAsLong() - kept >= WORTH_BYTES) {
            collection.run();
            kept = used.getAsLong();
        }
    }

    private static long usedBytes() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
