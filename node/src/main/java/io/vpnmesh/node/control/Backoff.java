// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Growing pauses between attempts, each somewhere between half and the whole of its step, so that nodes spread out. */
public final class Backoff {

    private final Duration first;
    private final Duration most;
    private final RandomGenerator random;
    private int failures;

    public Backoff(Duration first, Duration most, RandomGenerator random) {
        this.first = first;
        this.most = most;
        this.random = random;
    }

    /** The pause after one more failure. */
    public Duration next() {
        long step = first.toMillis() << Math.min(failures, 20);
        failures++;
        long bounded = Math.min(step, most.toMillis());
        return Duration.ofMillis(bounded / 2 + random.nextLong(bounded / 2 + 1));
    }

    /** It worked: the next failure starts small again. */
    public void reset() {
        failures = 0;
    }
}
