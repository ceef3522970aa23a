// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.nat.check.Liveness.State;
import org.junit.jupiter.api.Test;

class LivenessTest {

    private static final long MS = 1_000_000;

    private final Liveness liveness = new Liveness(0, 20_000 * MS);
    private long nowNs;

    /** Steps from deadline to deadline without an answer, until the state is reached; returns the number of checks. */
    private int silenceUntil(State wanted) {
        int checks = 0;
        while (liveness.state() != wanted) {
            nowNs = Math.max(nowNs, liveness.nextNs());
            liveness.advance(nowNs);
            if (liveness.checkDue(nowNs)) {
                liveness.sent(nowNs);
                checks++;
            }
        }
        return checks;
    }

    private void alive(long rttMs) {
        liveness.sent(nowNs);
        nowNs += rttMs * MS;
        liveness.answered(nowNs, rttMs * MS);
    }

    @Test
    void unprovenPathIsGivenUpAfterFourChecks() {
        int checks = silenceUntil(State.FAILED);

        assertThat(checks).isEqualTo(4);
        assertThat(nowNs).isEqualTo((100 + 200 + 400 + 800) * MS);
        assertThat(liveness.nextNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void demandWithoutAnythingInboundFailsThePathWithinASecond() {
        alive(40);
        long since = nowNs;
        liveness.outbound(nowNs);

        silenceUntil(State.SUSPECT);
        long suspectAfter = nowNs - since;
        while (liveness.state() != State.FAILED) {
            liveness.outbound(nowNs);
            nowNs = Math.max(nowNs, liveness.nextNs());
            liveness.advance(nowNs);
            if (liveness.checkDue(nowNs)) {
                liveness.sent(nowNs);
            }
        }

        assertThat(suspectAfter).isEqualTo((200 + 150) * MS);
        assertThat(nowNs - since).isEqualTo((200 + 4 * 150) * MS);
    }

    @Test
    void slowPathGetsMoreTime() {
        alive(300);
        long since = nowNs;
        liveness.outbound(nowNs);

        silenceUntil(State.SUSPECT);

        assertThat(nowNs - since).isEqualTo((3 * 300 + 2 * 300) * MS);
    }

    @Test
    void idlePathIsForgivenMoreMisses() {
        alive(40);

        int checks = silenceUntil(State.FAILED);

        assertThat(checks).isEqualTo(6);
    }

    @Test
    void inboundPacketsKeepASilentPathFromBeingSuspect() {
        alive(40);
        nowNs = liveness.nextNs();
        liveness.sent(nowNs);
        liveness.inbound(nowNs + 10 * MS);
        nowNs = liveness.nextNs();

        assertThat(liveness.advance(nowNs)).isEqualTo(State.ALIVE);
        assertThat(liveness.checkDue(nowNs)).isTrue();
    }

    @Test
    void lateAnswerEndsTheSuspicion() {
        alive(40);
        liveness.outbound(nowNs);
        silenceUntil(State.SUSPECT);

        liveness.answered(nowNs, 400 * MS);

        assertThat(liveness.state()).isEqualTo(State.ALIVE);
        assertThat(liveness.nextNs()).isEqualTo(nowNs + 20_000 * MS);
    }

    @Test
    void failedPathRevivesByAnAnswer() {
        silenceUntil(State.FAILED);

        liveness.answered(nowNs, 40 * MS);

        assertThat(liveness.state()).isEqualTo(State.ALIVE);
    }

    @Test
    void lossyPathIsForgivenWhatItsLossExplains() {
        alive(40);
        for (int i = 0; i < 200; i++) {
            liveness.outbound(nowNs);
            nowNs = Math.max(nowNs, liveness.nextNs());
            liveness.advance(nowNs);
            liveness.sent(nowNs);
            if (i % 3 != 0) {
                nowNs += 40 * MS;
                liveness.answered(nowNs, 40 * MS);
            }
        }

        assertThat(liveness.lossPerMille()).isBetween(200, 450);
        int checks = silenceUntil(State.FAILED);
        assertThat(checks).isBetween(7, 10);
    }
}
