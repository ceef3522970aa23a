// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IpViewTest {

    @ParameterizedTest
    @CsvSource({"192.0.2.1,198.51.100.2,28", "fd00::1,fd00::2,48"})
    void readsWhatUdpPacketBuilds(String from, String to, int overhead) {
        byte[] packet = UdpPacket.build(IpAddress.parse(from), 1234, IpAddress.parse(to), 4501, new byte[] {1, 2, 3});
        byte[] shifted = new byte[packet.length + 9];
        System.arraycopy(packet, 0, shifted, 5, packet.length);
        IpView view = new IpView();

        assertThat(view.wrap(shifted, 5, packet.length)).isTrue();

        assertThat(view.source()).hasToString(from);
        assertThat(view.destination()).hasToString(to);
        assertThat(view.protocol()).isEqualTo(IpView.UDP);
        assertThat(view.hasPorts()).isTrue();
        assertThat(view.sourcePort()).isEqualTo(1234);
        assertThat(view.destinationPort()).isEqualTo(4501);
        assertThat(view.totalLength()).isEqualTo(overhead + 3);
        long sum = Checksum.pseudoHeader(view.source(), view.destination(), IpView.UDP, view.l4Length());
        assertThat(Checksum.fold(Checksum.add(sum, shifted, view.l4Offset(), view.l4Length())))
                .isZero();
    }

    @Test
    void theHeaderChecksumOfRfc1071Holds() {
        byte[] packet = UdpPacket.build(IpAddress.parse("10.0.0.1"), 1, IpAddress.parse("10.0.0.2"), 2, new byte[0]);

        assertThat(Checksum.fold(Checksum.add(0, packet, 0, 20))).isZero();
    }

    @Test
    void randomBytesAreRefusedOrReadWithinBounds() {
        Random random = new Random(3);
        IpView view = new IpView();
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[random.nextInt(90)];
            random.nextBytes(bytes);
            if (bytes.length > 0) {
                bytes[0] = (byte) (random.nextBoolean() ? 0x45 : 0x60);
            }
            if (view.wrap(bytes, 0, bytes.length)) {
                assertThat(view.totalLength()).isLessThanOrEqualTo(bytes.length);
                assertThat(view.l4Length()).isNotNegative();
                if (view.hasPorts()) {
                    assertThat(view.sourcePort() + view.destinationPort()).isNotNegative();
                }
            }
        }
    }
}
