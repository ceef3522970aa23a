// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.packet;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Checksum;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PacketTooBigTest {

    @Test
    void tellsAnIpv4SenderTheSizeAndQuotesItsPacket() {
        byte[] big = Packets.udp("198.18.0.1", 5, "198.18.0.2", 6);

        byte[] answer = PacketTooBig.answer(big, 0, big.length, Packets.parsed(big), 1300);

        PacketHeader header = Packets.parsed(answer);
        assertThat(header.isIcmpError()).isTrue();
        assertThat(header.ip().source()).hasToString("198.18.0.2");
        assertThat(header.ip().destination()).hasToString("198.18.0.1");
        assertThat(answer[20]).isEqualTo((byte) 3);
        assertThat(answer[21]).isEqualTo((byte) 4);
        assertThat(PacketHeader.u16(answer, 26)).isEqualTo(1300);
        assertThat(Arrays.copyOfRange(answer, 28, answer.length)).isEqualTo(big);
        assertThat(Checksum.fold(Checksum.add(0, answer, 0, 20))).isZero();
        assertThat(Packets.transportError(answer)).isZero();
    }

    @Test
    void tellsAnIpv6SenderTheSize() {
        byte[] big = Packets.udp("fd00::1", 5, "fd00::2", 6);

        byte[] answer = PacketTooBig.answer(big, 0, big.length, Packets.parsed(big), 1280);

        PacketHeader header = Packets.parsed(answer);
        assertThat(header.isIcmpError()).isTrue();
        assertThat(answer[40]).isEqualTo((byte) 2);
        assertThat(PacketHeader.u16(answer, 46)).isEqualTo(1280);
        assertThat(Packets.transportError(answer)).isZero();
    }

    @Test
    void neverAnswersAnError() {
        byte[] error = Packets.icmpError("198.18.0.2", "198.18.0.1", Packets.udp("198.18.0.1", 5, "198.18.0.2", 6));

        assertThat(PacketTooBig.isAnswerable(Packets.parsed(error))).isFalse();
    }
}
