// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.peer;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.operator.peer.PeerReports.Reported;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportPacerTest {

    private static final Reported RELAYED = new Reported(List.of("r"), "Open", 1, 2, "SymmetricNat");
    private static final Reported MORE_RELAYED = new Reported(List.of("r"), "Open", 1, 3, "SymmetricNat");
    private static final Reported DIRECT = new Reported(List.of("r"), "Open", 3, 0, null);

    private final ReportPacer pacer = new ReportPacer();

    @Test
    void firstReportIsWrittenAtOnce() {
        assertThat(pacer.offer(RELAYED, 5)).isZero();
        assertThat(pacer.take(5)).isEqualTo(RELAYED);
    }

    @Test
    void sameReportIsNeverWrittenAgain() {
        write(RELAYED, 0);

        assertThat(pacer.offer(RELAYED, 120_000)).isEqualTo(-1);
        assertThat(pacer.take(120_000)).isNull();
    }

    @Test
    void smallChangesWaitForTheMinuteAndAreMerged() {
        write(RELAYED, 1_000);

        assertThat(pacer.offer(MORE_RELAYED, 11_000)).isEqualTo(50_000);
        assertThat(pacer.offer(new Reported(List.of("r"), "Open", 1, 4, "SymmetricNat"), 12_000))
                .isEqualTo(-1);
        Reported written = pacer.take(61_000);

        assertThat(written).isNotNull();
        assertThat(written.relayed()).isEqualTo(4);
    }

    @Test
    void changeOfThePathIsWrittenAtOnce() {
        write(RELAYED, 0);

        assertThat(pacer.offer(DIRECT, 1_000)).isZero();
    }

    @Test
    void lossOfTheLastRelayIsWrittenAtOnce() {
        write(RELAYED, 0);

        assertThat(pacer.offer(new Reported(List.of(), "Open", 1, 2, "SymmetricNat"), 1_000))
                .isZero();
    }

    @Test
    void changeThatWentBackIsForgotten() {
        write(RELAYED, 0);
        pacer.offer(MORE_RELAYED, 1_000);

        pacer.offer(RELAYED, 2_000);

        assertThat(pacer.take(60_000)).isNull();
    }

    private void write(Reported facts, long nowMillis) {
        pacer.offer(facts, nowMillis);
        pacer.take(nowMillis);
    }
}
