// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.packet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MssClampTest {

    @ParameterizedTest
    @CsvSource({"198.18.0.1,198.18.0.2,44,1240", "fd00::1,fd00::2,64,1220"})
    void lowersWhatASynAnnouncesAndKeepsTheChecksumRight(String from, String to, int mssEnd, int expected) {
        byte[] packet = Packets.tcp(from, 1, to, 2, Packets.SYN);

        assertThat(MssClamp.clamp(packet, Packets.parsed(packet), 1280)).isTrue();
        assertThat(PacketHeader.u16(packet, mssEnd - 2)).isEqualTo(expected);
        assertThat(Packets.transportError(packet)).isZero();
    }

    @Test
    void leavesASmallerOneAlone() {
        byte[] packet = Packets.tcp("198.18.0.1", 1, "198.18.0.2", 2, Packets.SYN);
        byte[] before = packet.clone();

        assertThat(MssClamp.clamp(packet, Packets.parsed(packet), 1440)).isFalse();
        assertThat(packet).isEqualTo(before);
    }

    @Test
    void looksAtNothingButSyns() {
        byte[] packet = Packets.tcp("198.18.0.1", 1, "198.18.0.2", 2, Packets.ACK);

        assertThat(MssClamp.clamp(packet, Packets.parsed(packet), 1280)).isFalse();
    }

    @Test
    void anOptionOfLengthZeroEndsTheSearch() {
        byte[] packet = Packets.tcp("198.18.0.1", 1, "198.18.0.2", 2, Packets.SYN);
        packet[40] = 77;
        packet[41] = 0;

        assertThat(MssClamp.clamp(packet, Packets.parsed(packet), 1280)).isFalse();
    }
}
