// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BarTest {

    private final Figures figures = new Figures();

    private List<Bar.Outcome> outcomes() {
        return Bar.of(Map.of(Ground.Way.WHOLE, figures));
    }

    private void round(String tunnel, Measure measure, double... values) {
        for (double value : values) {
            figures.add(tunnel, measure, value);
        }
    }

    @Test
    void ratiosAreThoseOfOneRound() {
        round(Bar.MB, Measure.FLOW, 8, 2, 9);
        round(Bar.WIREGUARD, Measure.FLOW, 2, 0.5, 3);

        assertThat(outcomes()).singleElement().satisfies(outcome -> {
            assertThat(outcome.ratio()).isEqualTo(new Figures.Ratio(4, 3, 4));
            assertThat(outcome.held()).isTrue();
            assertThat(outcome.reached()).isTrue();
        });
    }

    @Test
    void theBarHoldsAtItsOwnValueAndNotBelow() {
        round(Bar.MB, Measure.FLOW, 9);
        round(Bar.C, Measure.FLOW, 10);
        assertThat(outcomes()).singleElement().satisfies(outcome -> {
            assertThat(outcome.held()).isTrue();
            assertThat(outcome.reached()).isFalse();
        });
        round(Bar.MB, Measure.FLOW, 8, 8);
        round(Bar.C, Measure.FLOW, 10, 10);
        assertThat(outcomes()).singleElement().returns(false, Bar.Outcome::held);
    }

    @Test
    void whereLessIsBetterTheBarIsAbove() {
        round(Bar.MB, Measure.IDLE_P50, 80);
        round(Bar.WIREGUARD, Measure.IDLE_P50, 100);

        assertThat(outcomes()).singleElement().returns(false, Bar.Outcome::held);
    }

    @Test
    void ofSeveralRivalsTheBestCounts() {
        round(Bar.MB, Measure.PACKETS, 120);
        round(Bar.NEBULA, Measure.PACKETS, 60);
        round(Bar.NEBULA_OLD, Measure.PACKETS, 100);

        assertThat(outcomes()).singleElement().satisfies(outcome -> {
            assertThat(outcome.rival()).isEqualTo(Bar.NEBULA_OLD);
            assertThat(outcome.held()).isFalse();
        });
    }

    @Test
    void aRivalThatWasNotMeasuredGivesNoRatio() {
        round(Bar.MB, Measure.FLOW, 9);
        round(Bar.NEBULA, Measure.PACKETS, 60);

        assertThat(outcomes()).isEmpty();
    }

    @Test
    void aLimitIsHeldByTheMedianAndTellsTheWorst() {
        round(Bar.MB, Measure.FIRST_PACKET, 290, 900, 300);
        assertThat(Limit.of(Map.of(Ground.Way.WHOLE, figures)))
                .singleElement()
                .returns(300.0, Limit.Outcome::median)
                .returns(900.0, Limit.Outcome::worst)
                .returns(true, Limit.Outcome::held);
        round(Bar.MB, Measure.FIRST_PACKET, 302, 302);
        assertThat(Limit.of(Map.of(Ground.Way.WHOLE, figures))).singleElement().returns(false, Limit.Outcome::held);
    }

    @Test
    void aLimitOfWhatWasNotMeasuredIsNone() {
        round(Bar.MB, Measure.FLOW, 9);
        assertThat(Limit.of(Map.of(Ground.Way.WHOLE, figures))).isEmpty();
    }
}
