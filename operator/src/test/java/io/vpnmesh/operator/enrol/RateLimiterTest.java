// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RateLimiterTest {

    private static final long SECOND = 1_000_000_000L;

    @Test
    void burstIsSpentAndComesBackWithTime() {
        RateLimiter limiter = new RateLimiter(2, 3, 10);

        assertThat(limiter.tryTake("a", 0)).isTrue();
        assertThat(limiter.tryTake("a", 0)).isTrue();
        assertThat(limiter.tryTake("a", 0)).isTrue();
        assertThat(limiter.tryTake("a", 0)).isFalse();
        assertThat(limiter.tryTake("b", 0)).isTrue();
        assertThat(limiter.tryTake("a", SECOND / 2)).isTrue();
        assertThat(limiter.tryTake("a", SECOND / 2)).isFalse();
        assertThat(limiter.tryTake("a", 100 * SECOND)).isTrue();
        assertThat(limiter.tryTake("a", 100 * SECOND)).isTrue();
        assertThat(limiter.tryTake("a", 100 * SECOND)).isTrue();
        assertThat(limiter.tryTake("a", 100 * SECOND)).isFalse();
    }

    @Test
    void theKeyUsedLeastRecentlyIsForgottenFirst() {
        RateLimiter limiter = new RateLimiter(1, 1, 2);
        limiter.tryTake("old", 0);
        limiter.tryTake("kept", 0);
        limiter.tryTake("new", 0);

        assertThat(limiter.tryTake("kept", 0)).isFalse();
        assertThat(limiter.tryTake("old", 0)).as("forgotten, so fresh").isTrue();
    }
}
