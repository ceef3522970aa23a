// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;

/** What is reachable on the heap of this process. */
final class HeapMeter {

    private static final int LOOKS = 6;

    private static final MemoryMXBean MEMORY = ManagementFactory.getMemoryMXBean();

    private HeapMeter() {}

    /** In bytes; the smallest of several looks, because a collection may leave something for the next. */
    static long used() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < LOOKS; i++) {
            MEMORY.gc();
            least = Math.min(least, MEMORY.getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
