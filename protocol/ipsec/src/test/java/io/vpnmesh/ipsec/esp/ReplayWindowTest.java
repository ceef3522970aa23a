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

    @Test
    void aWiderWindowForgetsNothingAndTakesNothingFromBeforeItsTime() {
        Random random = new Random(3);
        for (int start : new int[] {1, 100, 63, 64, 8_000, 8_192, 70_000, 1_000_000}) {
            ReplayWindow window = new ReplayWindow(8192);
            Set<Long> seen = new HashSet<>();
            for (int i = 0; i < 4_000; i++) {
                long sequence = Math.max(1, start + i - random.nextInt(2_000));
                if (window.commit(sequence)) {
                    seen.add(sequence);
                }
            }
            long highest = window.highest();

            window.grow(65_536);

            assertThat(window.bits()).isEqualTo(65_536);
            assertThat(window.highest()).isEqualTo(highest);
            for (long sequence = Math.max(0, highest - 70_000); sequence <= highest; sequence++) {
                boolean fresh = window.isFresh(sequence);
                if (highest - sequence < 8192 - 64) {
                    assertThat(fresh)
                            .as("%d of %d", sequence, highest)
                            .isEqualTo(sequence > 0 && !seen.contains(sequence));
                } else {
                    assertThat(fresh && seen.contains(sequence)).isFalse();
                    assertThat(fresh && highest - sequence >= 8192)
                            .as("older than the old window")
                            .isFalse();
                }
            }
            assertThat(window.commit(highest + 60_000)).isTrue();
            assertThat(window.commit(highest + 1)).as("the new width counts").isTrue();
            assertThat(window.commit(highest + 1)).isFalse();
            assertThat(window.commit(highest)).isFalse();
        }
    }

    @Test
    void aGrownWindowAgreesWithASetOfAllNumbersEverSeen() {
        ReplayWindow window = new ReplayWindow(128);
        Set<Long> seen = new HashSet<>();
        Random random = new Random(5);
        long highest = 0;
        for (int i = 0; i < 100_000; i++) {
            if (i == 50_000) {
                window.grow(1024);
            }
            long sequence = Math.max(1, highest - 1_100 + random.nextInt(1_160));
            boolean committed = window.commit(sequence);
            assertThat(committed && seen.contains(sequence))
                    .as("replay of %d", sequence)
                    .isFalse();
            if (i > 70_000) {
                boolean fresh = sequence > highest || (highest - sequence < 960 && !seen.contains(sequence));
                assertThat(committed).as("%d at %d", sequence, highest).isEqualTo(fresh);
            }
            if (committed) {
                seen.add(sequence);
                highest = Math.max(highest, sequence);
            }
        }
    }
}
