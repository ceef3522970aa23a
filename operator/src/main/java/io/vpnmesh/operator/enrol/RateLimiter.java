// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Token buckets by key. Bounded: the key that was used least recently goes first, so that a flood of keys costs memory
 * for a while and nothing else. Thread-safe.
 *
 * <p>Units: {@code nowNs} monotonic nanoseconds.
 */
final class RateLimiter {

    private static final long NS_PER_SECOND = 1_000_000_000L;

    private final double perSecond;
    private final double burst;
    private final Map<String, Bucket> buckets;

    private static final class Bucket {
        double tokens;
        long lastNs;

        Bucket(double tokens, long lastNs) {
            this.tokens = tokens;
            this.lastNs = lastNs;
        }
    }

    /**
     * @param perSecond tokens that come back in a second
     * @param burst tokens of a fresh key
     * @param maxKeys keys remembered
     */
    RateLimiter(double perSecond, int burst, int maxKeys) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.buckets = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
                return size() > maxKeys;
            }
        };
    }

    /** Takes a token; false when the key has none left. */
    boolean tryTake(String key, long nowNs) {
        synchronized (buckets) {
            Bucket bucket = buckets.computeIfAbsent(key, _ -> new Bucket(burst, nowNs));
            double back = (nowNs - bucket.lastNs) * perSecond / NS_PER_SECOND;
            bucket.tokens = Math.min(burst, bucket.tokens + Math.max(0, back));
            bucket.lastNs = nowNs;
            if (bucket.tokens < 1) {
                return false;
            }
            bucket.tokens -= 1;
            return true;
        }
    }
}
