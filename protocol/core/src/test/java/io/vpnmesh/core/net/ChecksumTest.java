// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecksumTest {

    /** RFC 1071 section 4.1, word by word. */
    private static int byWords(byte[] bytes, int offset, int length) {
        long sum = 0;
        for (int i = 0; i < length; i += 2) {
            int low = i + 1 < length ? bytes[offset + i + 1] & 0xFF : 0;
            sum += (bytes[offset + i] & 0xFF) << 8 | low;
        }
        while (sum >>> 16 != 0) {
            sum = (sum >>> 16) + (sum & 0xFFFF);
        }
        return (int) ~sum & 0xFFFF;
    }

    @Test
    void theExampleOfTheRfc() {
        byte[] example = HexFormat.of().parseHex("0001f203f4f5f6f7");

        assertThat(Checksum.fold(Checksum.add(0, example, 0, example.length))).isEqualTo(~0xDDF2 & 0xFFFF);
    }

    @Test
    void everyLengthAndPlaceAsWordByWord() {
        byte[] bytes = new byte[400];
        new Random(1).nextBytes(bytes);
        for (int offset = 0; offset < 9; offset++) {
            for (int length = 0; length <= 300; length++) {
                assertThat(Checksum.fold(Checksum.add(0, bytes, offset, length)))
                        .as("%d bytes at %d", length, offset)
                        .isEqualTo(byWords(bytes, offset, length));
            }
        }
    }

    @Test
    void everyCarryAndNone() {
        byte[] ones = new byte[65_536];
        Arrays.fill(ones, (byte) 0xFF);
        assertThat(Checksum.fold(Checksum.add(0, ones, 0, ones.length))).isZero();
        assertThat(Checksum.fold(Checksum.add(0, ones, 0, 65_535))).isEqualTo(byWords(ones, 0, 65_535));

        // A sum of nothing is the one that has no other spelling.
        assertThat(Checksum.fold(Checksum.add(0, new byte[1400], 0, 1400))).isEqualTo(0xFFFF);
    }

    @Test
    void rangesAddUp() {
        byte[] bytes = new byte[1000];
        Random random = new Random(2);
        for (int round = 0; round < 1000; round++) {
            random.nextBytes(bytes);
            int cut = 2 * random.nextInt(500);
            long both = Checksum.add(Checksum.add(0, bytes, 0, cut), bytes, cut, bytes.length - cut);
            assertThat(Checksum.fold(both)).isEqualTo(byWords(bytes, 0, bytes.length));
        }
    }
}
