// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ScoreboardTest {

    private final Scoreboard board = new Scoreboard();

    @Test
    void figureAboveItsBarIsMissedByName() {
        board.add("handshake", 10.25, "ms", 10);
        board.add("packet", 10, "ns", 10);
        board.add("rival", 99, "ms");

        assertThat(board.missed()).containsExactly("handshake: 10.3 ms, the bar is ≤ 10");
        assertThat(board.toString().lines())
                .satisfiesExactly(
                        row -> assertThat(row).startsWith("handshake").endsWith("✗"),
                        row -> assertThat(row).startsWith("packet").endsWith("✓"),
                        row -> assertThat(row).startsWith("rival").doesNotContain("≤"));
    }

    @Test
    void whatWasNotMeasuredHoldsNoBar() {
        board.add("packet", Double.NaN, "ns", 10);

        assertThat(board.missed()).hasSize(1);
    }
}
