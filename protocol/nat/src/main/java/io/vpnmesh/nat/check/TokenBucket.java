// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.check;

/** A token bucket over monotonic time; starts full. */
public final class TokenBucket {

    private static final double SECOND_NS = 1e9;

    private final double perSecond;
    private final double burst;
    private double tokens;
    private long lastNs;

    public TokenBucket(double perSecond, double burst, long nowNs) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.lastNs = nowNs;
    }

    /** Takes the tokens, or takes nothing and says false. */
    public boolean take(double count, long nowNs) {
        tokens = Math.min(burst, tokens + (nowNs - lastNs) / SECOND_NS * perSecond);
        lastNs = nowNs;
        if (tokens < count) {
            return false;
        }
        tokens -= count;
        return true;
    }
}
