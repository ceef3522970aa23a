// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.IpView;
import io.vpnmesh.transport.tun.VnetHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CoalescerTest {

    private record Frame(byte[] bytes, int segments) {}

    private final List<Frame> frames = new ArrayList<>();
    private Coalescer coalescer = new Coalescer(this::take, true, true);
    private final Segmenter segmenter = new Segmenter();
    private final IpView ip = new IpView();

    private void take(byte[] buffer, int at, int length, int segments) {
        frames.add(new Frame(Arrays.copyOfRange(buffer, at, at + VnetHeader.BYTES + length), segments));
    }

    /** As the packet thread does it, with noise where an ESP trailer would be. */
    private void receive(byte[] packet) {
        int at = coalescer.openAt();
        System.arraycopy(packet, 0, coalescer.buffer(), at, packet.length);
        Arrays.fill(coalescer.buffer(), at + packet.length, at + packet.length + 5, (byte) 0x5A);
        if (coalescer.append(packet.length)) {
            return;
        }
        coalescer.detach(packet.length);
        assertThat(ip.wrap(coalescer.buffer(), Coalescer.PACKET_AT, packet.length))
                .isTrue();
        coalescer.keep(ip, packet.length);
    }

    private void receiveAll(List<byte[]> packets) {
        packets.forEach(this::receive);
        coalescer.flush();
    }

    private List<Integer> joined() {
        return frames.stream().map(Frame::segments).toList();
    }

    /** What the kernel would make of the frames on a wire. */
    private List<byte[]> cutAgain() {
        List<byte[]> packets = new ArrayList<>();
        for (Frame frame : frames) {
            byte[] copy = Arrays.copyOf(frame.bytes(), frame.bytes().length + 8);
            int length = frame.bytes().length - VnetHeader.BYTES;
            assertThat(ip.wrap(copy, VnetHeader.BYTES, length)).isTrue();
            int count = segmenter.begin(copy, 0, length, ip, 65_535);
            assertThat(count).isEqualTo(frame.segments());
            for (int i = 0; i < count; i++) {
                segmenter.next();
                packets.add(Arrays.copyOfRange(copy, segmenter.offset(), segmenter.offset() + segmenter.length()));
            }
        }
        return packets;
    }

    private static Flow flow(boolean v4, boolean tcp, int bytes) {
        Flow flow = new Flow();
        flow.v4 = v4;
        flow.tcp = tcp;
        flow.firstHeader = tcp ? 6 : 17;
        flow.size = 1000;
        flow.payload = new byte[bytes];
        new Random(7).nextBytes(flow.payload);
        return flow;
    }

    @RepeatedTest(300)
    void joiningIsTheInverseOfCutting(RepetitionInfo repetition) {
        Flow flow = Flow.random(new Random(repetition.getCurrentRepetition()));

        receiveAll(flow.packets());

        assertThat(frames).hasSize(1);
        assertThat(frames.getFirst().segments()).isEqualTo(flow.segments());
        if (flow.segments() > 1) {
            byte[] expected = flow.frame();
            assertThat(frames.getFirst().bytes()).isEqualTo(Arrays.copyOf(expected, expected.length - 8));
        }
        assertThat(cutAgain()).usingElementComparator(Arrays::compare).isEqualTo(flow.packets());
    }

    /** Several flows in turns; packets lost, doubled, swapped, damaged anywhere: what leaves is what came, in order. */
    @RepeatedTest(300)
    void nothingIsJoinedThatCuttingWouldNotGiveBack(RepetitionInfo repetition) {
        Random random = new Random(5000 + repetition.getCurrentRepetition());
        List<byte[]> packets = new ArrayList<>();
        int flows = 1 + random.nextInt(3);
        for (int i = 0; i < flows; i++) {
            Flow flow = Flow.random(random);
            flow.flags |= random.nextInt(4) == 0 ? random.nextInt(64) : 0;
            packets.addAll(flow.packets());
        }
        int changes = random.nextInt(20);
        for (int i = 0; i < changes && !packets.isEmpty(); i++) {
            spoil(random, packets);
        }

        receiveAll(packets);

        assertThat(cutAgain())
                .usingElementComparator((a, b) -> Arrays.compare(withoutIdleId(a), withoutIdleId(b)))
                .isEqualTo(packets);
    }

    private void spoil(Random random, List<byte[]> packets) {
        int at = random.nextInt(packets.size());
        switch (random.nextInt(4)) {
            case 0 -> packets.remove(at);
            case 1 -> packets.add(at, packets.get(at).clone());
            case 2 -> packets.add(random.nextInt(packets.size()), packets.remove(at));
            default -> {
                byte[] damaged = packets.get(at).clone();
                int where = random.nextInt(random.nextBoolean() ? damaged.length : Math.min(damaged.length, 80));
                damaged[where] ^= (byte) (1 << random.nextInt(8));
                if (ip.wrap(damaged, 0, damaged.length) && ip.totalLength() == damaged.length) {
                    packets.set(at, damaged);
                }
            }
        }
    }

    /** The identification of a packet that must not be fragmented means nothing (RFC 6864 section 4.1). */
    private static byte[] withoutIdleId(byte[] packet) {
        byte[] copy = packet.clone();
        if (copy[0] >>> 4 == 4 && copy[6] == 0x40) {
            int words = (copy[4] & 0xFF) << 8 | copy[5] & 0xFF;
            int sum = (~((copy[10] & 0xFF) << 8 | copy[11] & 0xFF) & 0xFFFF) + (~words & 0xFFFF);
            sum = (sum & 0xFFFF) + (sum >>> 16);
            ByteBuffer.wrap(copy).putShort(4, (short) 0).putShort(10, (short) ~sum);
        }
        return copy;
    }

    @Test
    void idsWithoutMeaningMayBeAnything() {
        Flow flow = flow(true, true, 3000);
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            flow.id = 77 - i; // so that all packets say 77
            packets.add(flow.segment(i, 1000));
        }

        receiveAll(packets);

        assertThat(joined()).containsExactly(3);
    }

    @Test
    void idsOfPacketsThatMayBeFragmentedMustCountUp() {
        Flow flow = flow(true, true, 3000);
        flow.fragment = 0;
        List<byte[]> packets = new ArrayList<>(flow.packets());
        flow.id++;
        packets.set(2, flow.segment(2, 1000));

        receiveAll(packets);

        assertThat(joined()).containsExactly(2, 1);
    }

    @Test
    void pushEndsAFrameAndFinStaysAlone() {
        Flow first = flow(true, true, 3000);
        first.flags = Flow.ACK | Flow.PSH;
        Flow second = flow(true, true, 3000);
        second.sequence = first.sequence + 3000;
        second.id = 3;
        second.flags = Flow.ACK | Flow.FIN;
        List<byte[]> packets = new ArrayList<>(first.packets());
        packets.addAll(second.packets());

        receiveAll(packets);

        assertThat(joined()).containsExactly(3, 2, 1);
        assertThat(cutAgain()).usingElementComparator(Arrays::compare).isEqualTo(packets);
    }

    @ParameterizedTest
    @ValueSource(ints = {Flow.SYN, Flow.FIN, Flow.RST, Flow.URG})
    void flagsThatSaySomethingOnceAreNeverJoined(int flag) {
        Flow flow = flow(false, true, 2000);
        flow.flags |= flag;
        flow.payload = Arrays.copyOf(flow.payload, 2000);

        receiveAll(flow.packets());

        assertThat(joined()).containsExactly(1, 1);
    }

    private void assertApart(boolean v4, Consumer<Flow> change) {
        frames.clear();
        Flow flow = flow(v4, true, 3000);
        flow.tcpOptions = new byte[] {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
        byte[] first = flow.segment(0, 1000);
        change.accept(flow);
        byte[] second = flow.segment(1, 1000);

        receiveAll(List.of(first, second));

        assertThat(joined()).containsExactly(1, 1);
        assertThat(cutAgain()).usingElementComparator(Arrays::compare).isEqualTo(List.of(first, second));
    }

    @Test
    void whateverDiffersInTheHeadersKeepsPacketsApart() {
        for (boolean v4 : new boolean[] {true, false}) {
            assertApart(v4, flow -> flow.acknowledgement++);
            assertApart(v4, flow -> flow.window++);
            assertApart(v4, flow -> flow.sequence++);
            assertApart(v4, flow -> flow.sequence -= 1000);
            assertApart(v4, flow -> flow.trafficClass = 3); // CE on one of them
            assertApart(v4, flow -> flow.ttl++);
            assertApart(v4, flow -> flow.sourcePort++);
            assertApart(v4, flow -> flow.destinationPort++);
            assertApart(v4, flow -> flow.addresses[0]++);
            assertApart(v4, flow -> flow.addresses[7]++);
            assertApart(v4, flow -> flow.tcpOptions[7]++); // a newer timestamp
            assertApart(v4, flow -> flow.tcpOptions = Arrays.copyOf(flow.tcpOptions, 16));
            assertApart(v4, flow -> flow.flags |= Flow.ECE);
            assertApart(v4, flow -> flow.urgent++);
        }
        assertApart(false, flow -> flow.flowLabel++);
        assertApart(true, flow -> flow.fragment = 0);
        assertApart(true, flow -> flow.fragment = 0x2000);
    }

    /** First, middle and last fragments, by IPv4's field and by IPv6's header (RFC 8200 section 4.5). */
    @ParameterizedTest
    @ValueSource(ints = {0x0001, 0x0008, 0x00B9, 0x00B8})
    void fragmentsAreNeverJoined(int offsetAndMore) {
        for (boolean tcp : new boolean[] {true, false}) {
            Flow v4 = flow(true, tcp, 3000);
            v4.fragment = offsetAndMore >>> 3 | (offsetAndMore & 1) << 13;
            Flow v6 = flow(false, tcp, 3000);
            v6.between = new byte[] {(byte) v6.firstHeader, 0, 0, (byte) offsetAndMore, 1, 2, 3, 4};
            v6.firstHeader = 44;
            for (Flow flow : List.of(v4, v6)) {
                frames.clear();

                receiveAll(flow.packets());

                assertThat(joined()).containsExactly(1, 1, 1);
                assertThat(cutAgain()).usingElementComparator(Arrays::compare).isEqualTo(flow.packets());
            }
        }
    }

    @Test
    void longerPacketBeginsAnotherFrameAndAShorterOneEndsIt() {
        Flow flow = flow(true, true, 10_000);
        Flow wide = flow(true, true, 10_000);
        byte[] large = wide.segment(1, 2000);
        List<byte[]> packets = List.of(flow.segment(0, 1000), flow.segment(1, 1000), large);

        receiveAll(packets);

        assertThat(joined()).containsExactly(2, 1);
    }

    @Test
    void damagedPacketHarmsOnlyItself() {
        List<byte[]> packets = new ArrayList<>(flow(true, true, 5000).packets());
        byte[] damaged = packets.get(2).clone();
        damaged[500] ^= 0x10;
        packets.set(2, damaged);

        receiveAll(packets);

        assertThat(joined()).containsExactly(2, 1, 2);
        assertThat(cutAgain()).usingElementComparator(Arrays::compare).isEqualTo(packets);
    }

    @Test
    void packetThatWasNotAuthenticLeavesNoTrace() {
        List<byte[]> packets = flow(false, true, 4000).packets();
        receive(packets.get(0));
        receive(packets.get(1));

        Arrays.fill(coalescer.buffer(), coalescer.openAt(), coalescer.openAt() + 1100, (byte) 0xEE);
        coalescer.refused();
        receive(packets.get(2));
        receive(packets.get(3));
        coalescer.flush();

        assertThat(joined()).containsExactly(4);
        assertThat(cutAgain()).usingElementComparator(Arrays::compare).isEqualTo(packets);
    }

    @Test
    void udpWithoutChecksumAndWhatTheTunDoesNotTakeStayApart() {
        Flow udp = flow(true, false, 3000);
        List<byte[]> unchecked = udp.packets();
        unchecked.forEach(packet -> ByteBuffer.wrap(packet).putShort(26, (short) 0));
        receiveAll(unchecked);
        assertThat(joined()).containsExactly(1, 1, 1);

        frames.clear();
        coalescer = new Coalescer(this::take, true, false);
        receiveAll(udp.packets());
        receiveAll(flow(true, true, 2000).packets());
        assertThat(joined()).containsExactly(1, 1, 1, 2);

        frames.clear();
        coalescer.stopJoining(false);
        receiveAll(flow(true, true, 2000).packets());
        assertThat(joined()).containsExactly(1, 1);
    }

    @Test
    void frameNeverExceedsWhatIpCarries() {
        receiveAll(flow(true, true, 65_495).packets());
        Flow more = flow(true, true, 100_000);
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            packets.add(more.segment(i, 1000));
        }
        frames.clear();

        receiveAll(packets);

        assertThat(joined()).containsExactly(65, 35);
        assertThat(cutAgain()).usingElementComparator(Arrays::compare).isEqualTo(packets);
    }
}
