// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.check;

/** Refuses replayed checks: a 64-wide sliding window over sequence numbers that start at 1 (the idea of RFC 4303 3.4.3). */
public final class CheckWindow {

    private static final int WIDTH = 64;

    private long highest;
    private long seen;

    /** True once per sequence number; false for repeated, too old and non-positive ones. */
    public boolean accept(long sequence) {
        if (sequence <= 0) {
            return false;
        }
        if (sequence > highest) {
            long ahead = sequence - highest;
            seen = ahead >= WIDTH ? 1 : seen << ahead | 1;
            highest = sequence;
            return true;
        }
        long behind = highest - sequence;
        if (behind >= WIDTH || (seen >>> behind & 1) != 0) {
            return false;
        }
        seen |= 1L << behind;
        return true;
    }
}
