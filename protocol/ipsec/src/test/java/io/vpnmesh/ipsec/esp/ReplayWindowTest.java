// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReplayWindowTest {

    @Test
    void agreesWithASetOfAllNumbersEverSeen() {
        ReplayWindow window = new ReplayWindow(256);
        Set<Long> seen = new HashSet<>();
        Random random = new Random(1);
        long highest = 0;

        for (int i = 0; i < 200_000; i++) {
            long sequence = Math.max(0, highest - 300 + random.nextInt(random.nextInt(50) == 0 ? 2000 : 320));
            boolean fresh =
                    sequence > highest || (sequence > 0 && highest - sequence < 192 && !seen.contains(sequence));
            assertThat(window.isFresh(sequence))
                    .as("%d at %d", sequence, highest)
                    .isEqualTo(fresh);
            assertThat(window.commit(sequence)).isEqualTo(fresh);
            if (fresh) {
                seen.add(sequence);
                highest = Math.max(highest, sequence);
            }
        }
    }

    @Test
    void expandsNumbersAcrossTheTurnOfTheLowerHalf() {
        ReplayWindow window = new ReplayWindow(8192);
        window.commit(0xFFFF_FFF0L);

        assertThat(window.expand(0xFFFF_FFFF)).isEqualTo(0xFFFF_FFFFL);
        assertThat(window.expand(5)).isEqualTo(0x1_0000_0005L);
        window.commit(0x1_0000_0005L);
        assertThat(window.expand(0xFFFF_FFFE)).isEqualTo(0xFFFF_FFFEL);
        assertThat(window.expand(6)).isEqualTo(0x1_0000_0006L);
        assertThat(window.expand(0x7000_0000)).isEqualTo(0x1_7000_0000L);
    }

    @Test
    void beforeTheFirstPacketNothingIsOfAnEarlierEpoch() {
        ReplayWindow window = new ReplayWindow(8192);

        assertThat(window.isFresh(window.expand(0xFFFF_FFFF))).isFalse();
        assertThat(window.isFresh(window.expand(0))).isFalse();
        assertThat(window.isFresh(window.expand(1))).isTrue();
    }
}
