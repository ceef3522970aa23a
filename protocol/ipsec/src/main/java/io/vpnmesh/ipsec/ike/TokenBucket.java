// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

/** So many of something in a second, and as many at once: for answers and work that anybody may ask for. */
final class TokenBucket {

    private static final long SECOND_NS = 1_000_000_000L;

    private final long intervalNs;
    private long emptyAtNs = Long.MIN_VALUE;

    TokenBucket(int perSecond) {
        intervalNs = SECOND_NS / perSecond;
    }

    /** Whether one more is allowed now; counts it. */
    boolean take(long nowNs) {
        long from = Math.max(emptyAtNs, nowNs - SECOND_NS);
        if (from + intervalNs > nowNs) {
            return false;
        }
        emptyAtNs = from + intervalNs;
        return true;
    }
}
