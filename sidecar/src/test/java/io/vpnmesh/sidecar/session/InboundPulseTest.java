// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InboundPulseTest {

    private static final long LOOK_NS = 50_000_000L;

    private final InboundPulse pulse = new InboundPulse();
    private long now;

    private int stopsDuring(int looks, boolean moved) {
        int stops = 0;
        for (int i = 0; i < looks; i++) {
            now += LOOK_NS;
            stops += pulse.stopped(moved, now) ? 1 : 0;
        }
        return stops;
    }

    @Test
    void aSteadyFlowThatStopsIsToldOnce() {
        assertThat(stopsDuring(10, true)).isZero();
        assertThat(stopsDuring(5, false)).isZero();
        assertThat(stopsDuring(1, false)).isOne();
        assertThat(stopsDuring(50, false)).isZero();
    }

    @Test
    void aShortPauseIsNoStop() {
        stopsDuring(10, true);

        assertThat(stopsDuring(4, false) + stopsDuring(2, true)).isZero();
    }

    @Test
    void aFewPacketsAreNoFlow() {
        stopsDuring(3, true);

        assertThat(stopsDuring(20, false)).isZero();
    }
}
