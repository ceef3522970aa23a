// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DemuxTest {

    @Test
    void keepaliveIsOneByteOfOnes() {
        assertThat(classify((byte) 0xFF)).isEqualTo(Demux.KEEPALIVE);
        assertThat(classify((byte) 0xFE)).isEqualTo(Demux.GARBAGE);
        assertThat(classify((byte) 0xFF, (byte) 0xFF)).isEqualTo(Demux.GARBAGE);
        assertThat(classify()).isEqualTo(Demux.GARBAGE);
    }

    @Test
    void zeroMarkerIsIkeIfAHeaderFollows() {
        assertThat(classify(new byte[32])).isEqualTo(Demux.IKE);
        assertThat(classify(new byte[31])).isEqualTo(Demux.GARBAGE);
    }

    @Test
    void stunNeedsCookieAndItsOwnLength() {
        byte[] binding = ByteBuffer.allocate(28)
                .putShort((short) 1)
                .putShort((short) 8)
                .putInt(0x2112A442)
                .array();
        assertThat(classify(binding)).isEqualTo(Demux.STUN);
        byte[] wrongLength = binding.clone();
        wrongLength[3] = 4;
        assertThat(classify(wrongLength)).isEqualTo(Demux.GARBAGE);
        byte[] wrongCookie = binding.clone();
        wrongCookie[7] = 0;
        assertThat(classify(wrongCookie)).isEqualTo(Demux.GARBAGE);
    }

    @Test
    void espOfAForeignPeerThatLooksLikeStunButHasAnotherLengthIsEsp() {
        byte[] packet =
                ByteBuffer.allocate(120).putInt(0x0001_0008).putInt(0x2112A442).array();
        assertThat(classify(packet)).isEqualTo(Demux.ESP);
    }

    @Test
    void reservedSpisAndShortPacketsAreGarbage() {
        assertThat(classify(esp(255, 100))).isEqualTo(Demux.GARBAGE);
        assertThat(classify(esp(256, 100))).isEqualTo(Demux.ESP);
        assertThat(classify(esp(0x8000_0000, 36))).isEqualTo(Demux.ESP);
        assertThat(classify(esp(0x8000_0000, 35))).isEqualTo(Demux.GARBAGE);
    }

    @Test
    void everyInputHasAKindAndOurSpisAreAlwaysEsp() {
        Random random = new Random(4500);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            assertThat(classify(bytes)).isNotNull();
            if (bytes.length >= 36) {
                bytes[0] |= (byte) 0x80;
                assertThat(classify(bytes)).isEqualTo(Demux.ESP);
            }
        }
    }

    private static byte[] esp(int spi, int length) {
        return ByteBuffer.allocate(length).putInt(spi).array();
    }

    private static Demux classify(byte... datagram) {
        return Demux.classify(datagram, 0, datagram.length);
    }
}
