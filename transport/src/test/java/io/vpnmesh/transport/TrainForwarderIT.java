// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Endpoint;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real sockets on loopback: sources, a relay, and receivers that see what the kernel makes of the trains. */
@Timeout(20)
class TrainForwarderIT {

    private static final int WAIT_MS = 5_000;
    private static final int BATCH = 64;

    /** What a receiver saw: the datagrams in order, and how many messages they came in. */
    private record Seen(List<byte[]> datagrams, int messages) {}

    private final List<AutoCloseable> open = new ArrayList<>();
    private UdpPort relay;
    private UdpSender source;
    private DatagramBatch batch;
    private TrainForwarder forwarder;
    private UdpPort first;
    private UdpPort second;

    @BeforeEach
    void start() throws IOException {
        relay = port();
        first = port();
        second = port();
        source = port().newSender();
        open.add(source);
        batch = new DatagramBatch(BATCH);
        open.add(batch);
        forwarder = relay.newForwarder();
    }

    private UdpPort port() throws IOException {
        UdpPort port = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
        open.add(port);
        return port;
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
    }

    private void send(byte[] datagram) {
        assertThat(source.send(datagram, 0, datagram.length, relay.local())).isEqualTo(datagram.length);
    }

    private void receive(int messages) {
        assertThat(relay.receive(batch, WAIT_MS)).isEqualTo(messages);
    }

    private void pass(int message, UdpPort to, int round) {
        forwarder.add(Endpoint.UNSPECIFIED, to.local(), batch, message, 0, batch.length(message), round);
    }

    private Seen see(UdpPort port, int datagrams) {
        List<byte[]> seen = new ArrayList<>();
        int messages = 0;
        DatagramBatch one = new DatagramBatch(1);
        open.add(one);
        while (seen.size() < datagrams) {
            assertThat(port.receive(one, WAIT_MS)).as("after " + seen.size()).isEqualTo(1);
            messages++;
            for (int at = 0; at < one.length(0); at += one.slotLength(0)) {
                seen.add(one.bytes(0, at, Math.min(one.slotLength(0), one.length(0) - at)));
            }
        }
        return new Seen(seen, messages);
    }

    private static byte[] datagram(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static List<Integer> lengths(Seen seen) {
        return seen.datagrams.stream().map(datagram -> datagram.length).toList();
    }

    @Test
    void loneDatagramsOfOneWayLeaveAsOneTrain() {
        for (int i = 0; i < 20; i++) {
            send(new byte[500]);
        }
        send(new byte[200]);
        receive(21);

        for (int i = 0; i < 21; i++) {
            pass(i, first, 0);
        }
        forwarder.flush();

        Seen seen = see(first, 21);
        assertThat(seen.datagrams.getLast()).hasSize(200);
        assertThat(forwarder.sentTrains()).isEqualTo(1);
        assertThat(forwarder.sentDatagrams()).isEqualTo(21);
        assertThat(forwarder.sentBytes()).isEqualTo(20 * 500 + 200);
        assertThat(seen.messages).isEqualTo(relay.joinsTrains() ? 1 : 21);
    }

    @Test
    void waysThatTakeTurnsKeepTheirTrains() {
        for (int i = 0; i < 20; i++) {
            send(new byte[500]);
        }
        receive(20);

        for (int i = 0; i < 20; i++) {
            pass(i, i % 2 == 0 ? first : second, 0);
        }
        forwarder.flush();

        assertThat(see(first, 10).datagrams).hasSize(10);
        assertThat(see(second, 10).datagrams).hasSize(10);
        assertThat(forwarder.sentTrains()).isEqualTo(2);
    }

    @Test
    void shorterDatagramEndsItsTrainAndALongerOneBeginsAnother() {
        List<Integer> lengths = List.of(500, 500, 300, 500, 300, 300, 600);
        lengths.forEach(length -> send(new byte[length]));
        receive(lengths.size());

        for (int i = 0; i < lengths.size(); i++) {
            pass(i, first, 0);
        }
        forwarder.flush();

        assertThat(lengths(see(first, lengths.size()))).isEqualTo(lengths);
        assertThat(forwarder.sentTrains()).isEqualTo(4); // 500 500 300 | 500 300 | 300 | 600
    }

    @Test
    void changeOfTrafficClassBreaksTheTrainAndTheLowerRoundGoesFirst() throws IOException {
        try (DatagramChannel marked = DatagramChannel.open(StandardProtocolFamily.INET)) {
            marked.setOption(StandardSocketOptions.IP_TOS, 0x28);
            InetSocketAddress to =
                    new InetSocketAddress("127.0.0.1", relay.local().port());
            marked.send(ByteBuffer.wrap(new byte[400]), to);
            marked.send(ByteBuffer.wrap(new byte[400]), to);
        }
        send(new byte[401]);
        receive(3);

        pass(0, first, 1);
        pass(1, first, 1);
        pass(2, first, 0);
        forwarder.flush();

        try (DatagramBatch one = new DatagramBatch(1)) {
            assertThat(first.receive(one, WAIT_MS)).isEqualTo(1);
            assertThat(one.length(0)).isEqualTo(401);
            assertThat(one.trafficClass(0)).isZero();
            assertThat(first.receive(one, WAIT_MS)).isEqualTo(1);
            assertThat(one.trafficClass(0)).isEqualTo(0x28);
        }
        assertThat(forwarder.sentTrains()).isEqualTo(2);
    }

    @Test
    void targetOfAnotherFamilyIsCountedAndHarmsNobody() throws IOException {
        try (UdpPort v4 = UdpPort.bind(Endpoint.parse("127.0.0.1:0"), false);
                DatagramBatch received = new DatagramBatch(2)) {
            TrainForwarder passing = v4.newForwarder();
            source.send(new byte[100], 0, 100, v4.local());
            assertThat(v4.receive(received, WAIT_MS)).isEqualTo(1);

            passing.add(Endpoint.UNSPECIFIED, Endpoint.parse("[::1]:9"), received, 0, 0, 100, 0);
            passing.add(Endpoint.UNSPECIFIED, first.local(), received, 0, 0, 100, 0);
            passing.flush();

            assertThat(see(first, 1).datagrams.getFirst()).hasSize(100);
            assertThat(v4.counters().unreachable()).isEqualTo(1);
            assertThat(passing.sentDatagrams()).isEqualTo(1);
        }
    }

    @Test
    void datagramsInMemoryOfTheCallersLeaveAsOneTrainUncopied() {
        Random random = new Random(5);
        byte[] bytes = datagram(random, 10 * 700 + 300);
        MemorySegment memory = Arena.ofAuto().allocate(bytes.length);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);

        for (int at = 0; at < bytes.length; at += 700) {
            int length = Math.min(700, bytes.length - at);
            forwarder.add(Endpoint.UNSPECIFIED, first.local(), memory, at, length, 0);
        }
        forwarder.flush();

        List<byte[]> seen = see(first, 11).datagrams;
        for (int i = 0; i < 11; i++) {
            assertThat(seen.get(i))
                    .isEqualTo(Arrays.copyOfRange(bytes, i * 700, Math.min(bytes.length, i * 700 + 700)));
        }
        assertThat(forwarder.sentTrains()).isOne();
        assertThat(forwarder.refusedDatagrams()).isZero();
    }

    @Test
    void datagramThatIsTooLongIsToldAndThoseBesideItLeave() {
        List<Integer> told = new ArrayList<>();
        TrainForwarder listening = relay.newForwarder((target, bytes) -> {
            assertThat(target).isEqualTo(first.local());
            told.add(bytes);
        });
        MemorySegment memory = Arena.ofAuto().allocate(66_000);

        listening.add(Endpoint.UNSPECIFIED, first.local(), memory, 0, 65_530, 0);
        listening.add(Endpoint.UNSPECIFIED, second.local(), memory, 0, 100, 0);
        listening.flush();

        assertThat(see(second, 1).datagrams).hasSize(1);
        assertThat(told).containsExactly(65_530);
        assertThat(listening.refusedDatagrams()).isOne();
        assertThat(relay.counters().tooLong()).isOne();
    }

    /** Trains and lone datagrams of any lengths for two targets, and the batch must be as it was afterwards. */
    @RepeatedTest(40)
    void whatLeavesIsWhatCameInOrderWhateverItsShape(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        if (repetition.getCurrentRepetition() % 5 == 0) {
            relay.switchSegmentationOff();
        }
        int[] usual = {random.nextInt(36, 1500), random.nextInt(36, 1500), random.nextInt(36, 9000)};
        int messages = random.nextInt(1, 40);
        int budget = 150_000; // what the smallest usual receive buffer holds
        int sent = 0;
        for (; sent < messages && budget > 0; sent++) {
            int slot = usual[random.nextInt(usual.length)];
            int slots = random.nextInt(3) > 0 ? 1 : random.nextInt(2, Math.clamp(60_000 / slot, 3, 64));
            byte[] train = datagram(random, slot * slots - (random.nextInt(4) == 0 ? random.nextInt(slot - 1) : 0));
            source.sendTrain(train, 0, train.length, slot, relay.local());
            budget -= train.length + 1000 * slots;
        }
        int received = relay.receive(batch, WAIT_MS);
        assertThat(received).isPositive();
        byte[][] before = new byte[received][];
        List<List<byte[]>> expected = List.of(new ArrayList<>(), new ArrayList<>());

        for (int i = 0; i < received; i++) {
            before[i] = batch.bytes(i, 0, batch.length(i));
            int to = random.nextInt(2);
            for (int at = 0; at < before[i].length; at += batch.slotLength(i)) {
                int end = Math.min(at + batch.slotLength(i), before[i].length);
                expected.get(to).add(Arrays.copyOfRange(before[i], at, end));
            }
            pass(i, to == 0 ? first : second, 0);
        }
        forwarder.flush();

        assertThat(see(first, expected.get(0).size()).datagrams)
                .usingElementComparator(Arrays::compare)
                .isEqualTo(expected.get(0));
        assertThat(see(second, expected.get(1).size()).datagrams)
                .usingElementComparator(Arrays::compare)
                .isEqualTo(expected.get(1));
        for (int i = 0; i < received; i++) {
            assertThat(batch.bytes(i, 0, batch.length(i))).isEqualTo(before[i]);
        }
        assertThat(forwarder.sentDatagrams())
                .isEqualTo(expected.get(0).size() + expected.get(1).size());
    }
}
