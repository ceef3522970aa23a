// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Checksum;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.core.net.UdpPacket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 6040. */
class EcnRulesTest {

    private static final int DSCP_EF = 46 << 2;

    private static int code(String name) {
        return switch (name) {
            case "Not-ECT" -> 0b00;
            case "ECT(1)" -> 0b01;
            case "ECT(0)" -> 0b10;
            case "CE" -> 0b11;
            default -> EcnRules.DROP;
        };
    }

    /** Section 4.2, figure 4, in the order of the RFC. */
    @ParameterizedTest(name = "inner {0}, outer {1}: {2}")
    @CsvSource({
        "Not-ECT, Not-ECT, Not-ECT", "Not-ECT, ECT(0), Not-ECT", "Not-ECT, ECT(1), Not-ECT", "Not-ECT, CE, drop",
        "ECT(0), Not-ECT, ECT(0)", "ECT(0), ECT(0), ECT(0)", "ECT(0), ECT(1), ECT(1)", "ECT(0), CE, CE",
        "ECT(1), Not-ECT, ECT(1)", "ECT(1), ECT(0), ECT(1)", "ECT(1), ECT(1), ECT(1)", "ECT(1), CE, CE",
        "CE, Not-ECT, CE", "CE, ECT(0), CE", "CE, ECT(1), CE", "CE, CE, CE"
    })
    void takesOutOfTheTunnelWhatBothHeadersSay(String inner, String outer, String expected) {
        int outgoing = code(expected);

        assertThat(EcnRules.inner(code(inner), code(outer))).isEqualTo(outgoing);
        assertThat(EcnRules.inner(DSCP_EF | code(inner), 0b101000_00 | code(outer)))
                .as("the inner DSCP stays, the outer one is forgotten")
                .isEqualTo(outgoing == EcnRules.DROP ? EcnRules.DROP : DSCP_EF | outgoing);
    }

    /** Section 4.1, figure 3. */
    @ParameterizedTest
    @CsvSource({"Not-ECT, Not-ECT", "ECT(0), Not-ECT", "ECT(1), Not-ECT", "CE, Not-ECT"})
    void copiesTheInnerFieldOrClearsIt(String inner, String compatible) {
        int trafficClass = DSCP_EF | code(inner);

        assertThat(EcnRules.outer(trafficClass, EcnRules.Mode.NORMAL, false)).isEqualTo(code(inner));
        assertThat(EcnRules.outer(trafficClass, EcnRules.Mode.NORMAL, true)).isEqualTo(trafficClass);
        assertThat(EcnRules.outer(trafficClass, EcnRules.Mode.COMPATIBILITY, false))
                .isEqualTo(code(compatible));
        assertThat(EcnRules.outer(trafficClass, EcnRules.Mode.COMPATIBILITY, true))
                .isEqualTo(DSCP_EF | code(compatible));
    }

    @ParameterizedTest
    @CsvSource({"10.77.0.1, 10.77.0.2", "fd00::1, fd00::2"})
    void marksEveryPacketInPlaceAndKeepsItsChecksum(String from, String to) {
        IpView view = new IpView();
        for (int before = 0; before < 256; before++) {
            for (int outer = 0; outer < 4; outer++) {
                byte[] packet = at(7, UdpPacket.build(IpAddress.parse(from), 1, IpAddress.parse(to), 2, new byte[3]));
                mark(packet, 7, before);
                byte[] untouched = packet.clone();

                boolean kept = EcnRules.markInner(packet, 7, outer);

                int expected = EcnRules.inner(before, outer);
                assertThat(kept).isEqualTo(expected != EcnRules.DROP);
                assertThat(view.wrap(packet, 7, packet.length - 7)).isTrue();
                assertThat(view.trafficClass()).isEqualTo(kept ? expected : before);
                if (view.version() == 4) {
                    assertThat(Checksum.fold(Checksum.add(0, packet, 7, 20)))
                            .as("%d, %d", before, outer)
                            .isZero();
                } else {
                    assertThat(packet[8] & 0x0F).as("flow label").isEqualTo(untouched[8] & 0x0F);
                }
            }
        }
    }

    @Test
    void aDropLeavesThePacketAsItWas() {
        byte[] packet = UdpPacket.build(IpAddress.parse("10.77.0.1"), 1, IpAddress.parse("10.77.0.2"), 2, new byte[3]);
        byte[] before = packet.clone();

        assertThat(EcnRules.markInner(packet, 0, EcnRules.CE)).isFalse();

        assertThat(packet).isEqualTo(before);
    }

    private static byte[] at(int offset, byte[] packet) {
        byte[] moved = new byte[offset + packet.length];
        System.arraycopy(packet, 0, moved, offset, packet.length);
        return moved;
    }

    private static void mark(byte[] packet, int offset, int trafficClass) {
        if (packet[offset] >>> 4 == 4) {
            packet[offset + 1] = (byte) trafficClass;
            packet[offset + 10] = 0;
            packet[offset + 11] = 0;
            int checksum = Checksum.fold(Checksum.add(0, packet, offset, 20));
            packet[offset + 10] = (byte) (checksum >>> 8);
            packet[offset + 11] = (byte) checksum;
        } else {
            packet[offset] = (byte) (0x60 | trafficClass >>> 4);
            packet[offset + 1] = (byte) (packet[offset + 1] & 0x0F | trafficClass << 4);
        }
    }
}
