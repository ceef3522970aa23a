// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.net.Endpoint;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real sockets on loopback. */
@Timeout(20)
class UdpPortIT {

    private static final int WAIT_MS = 5_000;

    @Test
    void datagramArrivesWithItsSourceOverIpv4() throws IOException {
        try (UdpPort a = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
                UdpPort b = UdpPort.bind(0);
                UdpSender sender = a.newSender();
                DatagramBatch batch = new DatagramBatch(4)) {
            byte[] buffer = pattern(100);

            assertThat(sender.send(buffer, 10, 50, loopback(b))).isEqualTo(50);

            assertThat(b.receive(batch, WAIT_MS)).isEqualTo(1);
            assertThat(batch.source(0)).isEqualTo(a.local());
            assertThat(batch.length(0)).isEqualTo(50);
            assertThat(batch.slotLength(0)).isEqualTo(50);
            assertThat(batch.bytes(0, 0, 50)).isEqualTo(Arrays.copyOfRange(buffer, 10, 60));
            assertThat(batch.byteAt(0, 1)).isEqualTo(buffer[11] & 0xFF);
            assertThat(batch.wordAt(0, 0) >>> 24).isEqualTo(buffer[10] & 0xFF);
            assertThat(a.counters().sentBytes()).isEqualTo(50);
        }
    }

    @Test
    void datagramArrivesOverIpv6() throws IOException {
        try (UdpPort a = UdpPort.bind(0);
                UdpPort b = UdpPort.bind(0);
                UdpSender sender = a.newSender();
                DatagramBatch batch = new DatagramBatch(4)) {
            Endpoint to =
                    new Endpoint(Endpoint.parse("[::1]:1").address(), b.local().port());

            assertThat(sender.send(new byte[] {1, 2, 3}, 0, 3, to)).isEqualTo(3);

            assertThat(b.receive(batch, WAIT_MS)).isEqualTo(1);
            assertThat(batch.source(0))
                    .isEqualTo(new Endpoint(to.address(), a.local().port()));
        }
    }

    @Test
    void trainArrivesWholeAndCanBeForwardedWithoutChange() throws IOException {
        try (UdpPort a = UdpPort.bind(0);
                UdpPort relay = UdpPort.bind(0);
                UdpPort b = UdpPort.bind(0);
                UdpSender sender = a.newSender();
                UdpSender forwarder = relay.newSender();
                DatagramBatch batch = new DatagramBatch(8)) {
            byte[] train = pattern(70 * 1000 + 300); // more than one system call can carry, and a short last slot

            sender.sendTrain(train, 0, train.length, 1000, loopback(relay));
            int forwarded = 0;
            int trains = 0;
            while (forwarded < train.length) {
                int count = relay.receive(batch, WAIT_MS);
                assertThat(count).isPositive();
                for (int i = 0; i < count; i++) {
                    trains++;
                    forwarder.forward(batch, i, 0, batch.length(i), loopback(b));
                    forwarded += batch.length(i);
                }
            }

            List<Integer> slots = new ArrayList<>();
            byte[] got = new byte[train.length];
            int at = 0;
            while (at < train.length) {
                int count = b.receive(batch, WAIT_MS);
                assertThat(count).isPositive();
                for (int i = 0; i < count; i++) {
                    batch.copy(i, 0, got, at, batch.length(i));
                    at += batch.length(i);
                    for (int left = batch.length(i); left > 0; left -= batch.slotLength(i)) {
                        slots.add(Math.min(left, batch.slotLength(i)));
                    }
                }
            }
            assertThat(got).isEqualTo(train);
            assertThat(slots).hasSize(71).contains(300).allMatch(slot -> slot == 1000 || slot == 300);
            assertThat(relay.counters().sentDatagrams()).isEqualTo(71);
            if (relay.joinsTrains()) {
                assertThat(trains).isEqualTo(2);
            }
        }
    }

    @Test
    void trainFallsBackToSingleDatagramsWhenSegmentationIsOff() throws IOException {
        try (UdpPort a = UdpPort.bind(0);
                UdpPort b = UdpPort.bind(0);
                UdpSender sender = a.newSender();
                DatagramBatch batch = new DatagramBatch(1)) {
            a.switchSegmentationOff();

            sender.sendTrain(pattern(250), 0, 250, 100, loopback(b));

            List<Integer> lengths = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                assertThat(b.receive(batch, WAIT_MS)).isEqualTo(1);
                lengths.add(batch.length(0));
            }
            assertThat(lengths).containsExactly(100, 100, 50);
        }
    }

    @Test
    void lowTtlReachesTheNextHop() throws IOException {
        try (UdpPort a = UdpPort.bind(0);
                UdpPort b = UdpPort.bind(0);
                UdpSender sender = a.newSender();
                DatagramBatch batch = new DatagramBatch(1)) {
            assertThat(sender.sendWithTtl(new byte[] {9}, 0, 1, loopback(b), 1)).isEqualTo(1);

            assertThat(b.receive(batch, WAIT_MS)).isEqualTo(1);
        }
    }

    @Test
    void failedSendIsAVerdictAndCounted() throws IOException {
        try (UdpPort a = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
                UdpSender sender = a.newSender()) {
            int result = sender.send(new byte[65_530], 0, 65_530, Endpoint.parse("127.0.0.1:9"));

            assertThat(result).isEqualTo(-Libc.EMSGSIZE);
            assertThat(a.counters().tooLong()).isEqualTo(1);
            assertThat(a.counters().sentDatagrams()).isZero();
        }
    }

    @Test
    void datagramOfNoBytesArrivesOnceAndIsForwarded() throws IOException {
        try (UdpPort a = UdpPort.bind(0);
                UdpPort relay = UdpPort.bind(0);
                UdpPort b = UdpPort.bind(0);
                UdpSender sender = a.newSender();
                UdpSender forwarder = relay.newSender();
                DatagramBatch batch = new DatagramBatch(4)) {
            assertThat(sender.send(new byte[4], 0, 0, loopback(relay))).isZero();
            assertThat(relay.receive(batch, WAIT_MS)).isEqualTo(1);
            assertThat(batch.length(0)).isZero();
            forwarder.forward(batch, 0, 0, 0, loopback(b));
            sender.send(new byte[] {7}, 0, 1, loopback(relay));

            assertThat(relay.receive(batch, WAIT_MS)).isEqualTo(1);
            assertThat(batch.bytes(0, 0, batch.length(0))).containsExactly(7);
            assertThat(a.counters().sentDatagrams()).isEqualTo(2);
        }
    }

    @Test
    void receiveTimesOutAndStops() throws Exception {
        try (UdpPort a = UdpPort.bind(0);
                DatagramBatch batch = new DatagramBatch(1)) {
            assertThat(a.receive(batch, 1)).isZero();
            int[] result = new int[1];
            Thread receiver = new Thread(() -> result[0] = a.receive(batch, -1));
            receiver.start();

            a.stopReceiving();

            receiver.join(WAIT_MS);
            assertThat(receiver.isAlive()).isFalse();
            assertThat(result[0]).isEqualTo(UdpPort.STOPPED);
        }
    }

    @Test
    void takenPortNamesTheFix() throws IOException {
        try (UdpPort a = UdpPort.bind(0)) {
            assertThatThrownBy(() -> UdpPort.bind(a.local().port()))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("choose another udp.port");
        }
    }

    private static Endpoint loopback(UdpPort port) {
        return Endpoint.parse("127.0.0.1:" + port.local().port());
    }

    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + i / 1000);
        }
        return bytes;
    }
}
