// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.IpView;
import io.vpnmesh.transport.tun.VnetHeader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class SegmenterTest {

    private static final int WIDE = 65_535;

    private final Segmenter segmenter = new Segmenter();
    private final IpView ip = new IpView();

    private int begin(byte[] frame, int packetLength, int limit) {
        assertThat(ip.wrap(frame, VnetHeader.BYTES, packetLength)).isTrue();
        return segmenter.begin(frame, 0, packetLength, ip, limit);
    }

    private List<byte[]> cut(Flow flow, int limit) {
        byte[] frame = flow.frame();
        int count = begin(frame, flow.headerLength() + flow.payload.length, limit);
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            segmenter.next();
            packets.add(Arrays.copyOfRange(frame, segmenter.offset(), segmenter.offset() + segmenter.length()));
        }
        return packets;
    }

    private static Flow tcpV4() {
        Flow flow = new Flow();
        flow.v4 = true;
        flow.tcp = true;
        flow.firstHeader = 6;
        flow.size = 1000;
        flow.payload = new byte[2500];
        new Random(1).nextBytes(flow.payload);
        return flow;
    }

    @RepeatedTest(300)
    void everyPacketIsAsItsFlowWouldHaveSentItAlone(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        Flow flow = Flow.random(random);
        flow.flags |= random.nextInt(4) == 0 ? Flow.FIN : 0;
        flow.flags |= random.nextInt(8) == 0 ? Flow.URG : 0;
        flow.urgent = random.nextInt(65536);

        assertThat(cut(flow, WIDE)).usingElementComparator(Arrays::compare).isEqualTo(flow.packets());
    }

    @Test
    void identificationWrapsAndSequenceWraps() {
        Flow flow = tcpV4();
        flow.id = 65_535;
        flow.sequence = -1500;

        assertThat(cut(flow, WIDE)).usingElementComparator(Arrays::compare).isEqualTo(flow.packets());
    }

    @Test
    void narrowerPathMakesSmallerTcpSegments() {
        Flow flow = tcpV4();

        List<byte[]> packets = cut(flow, 740);

        assertThat(packets).hasSize(4);
        for (int i = 0; i < 4; i++) {
            assertThat(packets.get(i)).isEqualTo(flow.segment(i, 700));
        }
    }

    @Test
    void udpThatIsTooWideIsRefusedAndTheFirstDatagramCanBeQuoted() {
        Flow flow = tcpV4();
        flow.tcp = false;
        flow.firstHeader = 17;
        byte[] frame = flow.frame();

        assertThat(begin(frame, 2528, 1027)).isEqualTo(Segmenter.TOO_BIG);

        assertThat(segmenter.count()).isEqualTo(3);
        segmenter.next();
        assertThat(Arrays.copyOfRange(frame, segmenter.offset(), segmenter.offset() + segmenter.length()))
                .isEqualTo(flow.segment(0, 1000));
        assertThat(begin(flow.frame(), 2528, 1028)).isEqualTo(3);
    }

    @Test
    void lonePacketGetsItsChecksumOrStaysAsItIs() {
        Flow flow = tcpV4();
        flow.payload = Arrays.copyOf(flow.payload, 900);
        byte[] frame = flow.frame();
        frame[1] = VnetHeader.NONE;

        assertThat(begin(frame, 940, WIDE)).isOne();
        segmenter.next();
        byte[] packet = Arrays.copyOfRange(frame, segmenter.offset(), segmenter.offset() + segmenter.length());
        assertThat(packet).isEqualTo(flow.segment(0, 1000));

        VnetHeader.clear(frame, 0);
        frame[60] ^= 1;
        byte[] before = frame.clone();
        assertThat(begin(frame, 940, WIDE)).isOne();
        segmenter.next();
        assertThat(frame).isEqualTo(before);
        assertThat(begin(frame, 940, 939)).isEqualTo(Segmenter.TOO_BIG);
    }

    @Test
    void frameWithoutPartialChecksumIsCutOnlyIfItsOwnIsRight() {
        Flow flow = tcpV4();
        flow.size = 2500;
        byte[] packet = flow.segment(0, 2500);
        flow.size = 1000;
        byte[] frame = flow.frame();
        System.arraycopy(packet, 0, frame, VnetHeader.BYTES, packet.length);
        frame[0] = 0;

        assertThat(begin(frame, packet.length, WIDE)).isEqualTo(3);

        frame[200] ^= 4;
        assertThat(begin(frame, packet.length, WIDE)).isEqualTo(Segmenter.MALFORMED);
    }

    @Test
    void udpWithoutChecksumStaysWithout() {
        Flow flow = tcpV4();
        flow.tcp = false;
        flow.firstHeader = 17;
        byte[] frame = flow.frame();
        frame[0] = 0;
        frame[VnetHeader.BYTES + 26] = 0;
        frame[VnetHeader.BYTES + 27] = 0;

        assertThat(begin(frame, 2528, WIDE)).isEqualTo(3);
        segmenter.next();
        assertThat(frame[segmenter.offset() + 26]).isZero();
        assertThat(frame[segmenter.offset() + 27]).isZero();
    }

    @Test
    void contradictionsOfTheOffloadHeaderAreRefused() {
        int length = 2540;
        byte[] good = tcpV4().frame();
        assertThat(begin(good.clone(), length, WIDE)).isEqualTo(3);

        assertThat(begin(changed(good, 1, VnetHeader.TCP_V6), length, WIDE)).isEqualTo(Segmenter.MALFORMED);
        assertThat(begin(changed(good, 1, VnetHeader.UDP), length, WIDE)).isEqualTo(Segmenter.MALFORMED);
        assertThat(begin(changed(good, 1, 3), length, WIDE)).isEqualTo(Segmenter.MALFORMED); // UFO
        assertThat(begin(changed(good, 6, 24), length, WIDE)).isEqualTo(Segmenter.MALFORMED);
        assertThat(begin(changed(good, 8, 6), length, WIDE)).isEqualTo(Segmenter.MALFORMED);
        byte[] noSize = changed(good, 4, 0);
        noSize[5] = 0;
        assertThat(begin(noSize, length, WIDE)).isEqualTo(Segmenter.MALFORMED);
        assertThat(begin(changed(good, 10 + 32, 0x40), length, WIDE)).isEqualTo(Segmenter.MALFORMED); // data offset
        assertThat(begin(changed(good, 10 + 6, 0x20), length, WIDE)).isEqualTo(Segmenter.MALFORMED); // more fragments
        byte[] beyond = changed(good, 1, VnetHeader.NONE);
        beyond[7] = (byte) 0xFF;
        assertThat(begin(beyond, length, WIDE)).isEqualTo(Segmenter.MALFORMED);
    }

    private static byte[] changed(byte[] frame, int at, int value) {
        byte[] copy = frame.clone();
        copy[at] = (byte) value;
        return copy;
    }

    private static final int GUARD = 64;

    private static byte[] guarded(byte[] frame) {
        byte[] wide = new byte[GUARD + frame.length + GUARD];
        Arrays.fill(wide, (byte) 0xC5);
        System.arraycopy(frame, 0, wide, GUARD, frame.length);
        return wide;
    }

    private static void assertGuarded(byte[] wide, int from) {
        for (int i = 0; i < wide.length; i = i == GUARD - 1 ? from : i + 1) {
            assertThat(wide[i]).as("guard byte %d", i).isEqualTo((byte) 0xC5);
        }
    }

    /** A frame that lies in a larger buffer, with all that noise can do to its headers: nothing is written beside it. */
    @RepeatedTest(100)
    void bytesAroundAFrameAreNeverTouched(RepetitionInfo repetition) {
        Random random = new Random(9000 + repetition.getCurrentRepetition());
        for (int round = 0; round < 20; round++) {
            byte[] frame = Flow.random(random).frame();
            int length = frame.length - VnetHeader.BYTES - 8;
            byte[] wide = guarded(Arrays.copyOf(frame, VnetHeader.BYTES + length));
            for (int i = random.nextInt(8); i > 0; i--) {
                wide[GUARD + random.nextInt(Math.min(frame.length - 8, 120))] = (byte) random.nextInt();
            }
            if (!ip.wrap(wide, GUARD + VnetHeader.BYTES, length) || ip.totalLength() != length) {
                continue;
            }
            int count = segmenter.begin(wide, GUARD, length, ip, random.nextInt(1280, 65_536));
            for (int i = 0; i < count; i++) {
                segmenter.next();
                assertThat(segmenter.offset()).isGreaterThanOrEqualTo(GUARD + VnetHeader.BYTES);
            }
            assertGuarded(wide, GUARD + VnetHeader.BYTES + length);
        }
    }

    /** Damaged, cut short, with headers of noise: a verdict or packets, never an exception, never a byte too far. */
    @RepeatedTest(200)
    void noBytesAreExceptional(RepetitionInfo repetition) {
        Random random = new Random(1000 + repetition.getCurrentRepetition());
        for (int round = 0; round < 50; round++) {
            byte[] frame = Flow.random(random).frame();
            int changes = random.nextInt(12);
            for (int i = 0; i < changes; i++) {
                frame[random.nextInt(Math.min(frame.length, 120))] = (byte) random.nextInt();
            }
            int length = random.nextInt(frame.length - VnetHeader.BYTES - 8) + 1;
            if (random.nextBoolean()) {
                length = frame.length - VnetHeader.BYTES - 8;
            }
            if (!ip.wrap(frame, VnetHeader.BYTES, length) || ip.totalLength() != length) {
                continue;
            }
            int count = segmenter.begin(frame, 0, length, ip, random.nextInt(1280, 65_536));
            for (int i = 0; i < count; i++) {
                segmenter.next();
                assertThat(segmenter.offset()).isGreaterThanOrEqualTo(VnetHeader.BYTES);
                assertThat(segmenter.length()).isPositive();
                assertThat(segmenter.offset() + segmenter.length()).isLessThanOrEqualTo(VnetHeader.BYTES + length);
            }
        }
    }
}
