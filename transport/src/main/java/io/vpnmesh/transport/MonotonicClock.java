// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

/**
 * The time of every machine: nanoseconds since this class was loaded, never negative, never going back. The only caller
 * of {@link System#nanoTime()} in the product.
 */
public final class MonotonicClock {

    private static final long STARTED = System.nanoTime();

    private MonotonicClock() {}

    public static long nowNs() {
        return System.nanoTime() - STARTED;
    }
}
