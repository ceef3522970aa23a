// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.nat.relay.RelayClientEvent;
import io.vpnmesh.nat.relay.RelayClientInput;
import io.vpnmesh.nat.relay.Route;
import io.vpnmesh.nat.signal.Move;
import io.vpnmesh.nat.signal.SignalKind;
import io.vpnmesh.node.health.MetricsText;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.UdpSender;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A whole relay and its clients on loopback sockets, with real IKE and ESP. */
@Timeout(60)
class RelayForwardingIT {

    /** No object is smaller than 16 bytes; the checks that clients send meanwhile are copied for the conductor. */
    private static final long BYTES_PER_PACKET = 8;

    private final TestMesh mesh = new TestMesh();
    private final NodeCredentials relayCredentials = mesh.relayCredentials();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Relay relay;
    private TestClient a;
    private TestClient b;

    @BeforeEach
    void start() throws IOException {
        relay = mesh.startRelay(relayCredentials);
        a = client(mesh.sidecar(20, 1, "198.18.0.20"));
        b = client(mesh.sidecar(21, 1, "198.18.0.21"));
    }

    private TestClient client(NodeCredentials credentials) throws IOException {
        TestClient client = new TestClient(mesh, credentials, relayCredentials, relay.udpPort());
        open.add(client);
        return client;
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
        relay.close();
    }

    @Test
    void forwardsWithoutAddingAByte() throws Exception {
        a.attach();
        b.attach();
        int spi = b.lease();
        byte[] packet = esp(spi, 1400);

        a.sendRaw(packet);

        assertThat(b.await(TestClient.Forwarded.class).packet()).isEqualTo(packet);
        awaitCount(relay.counters().forwardedBytes, 1400);
    }

    @Test
    void forwardsATrainAsATrain() throws Exception {
        a.attach();
        b.attach();
        int spi = b.lease();
        List<byte[]> sent = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            byte[] packet = esp(spi, 1000);
            packet[7] = (byte) i;
            sent.add(packet);
            a.sendRaw(packet);
        }

        for (byte[] packet : sent) {
            assertThat(b.await(TestClient.Forwarded.class).packet()).isEqualTo(packet);
        }
        awaitCount(relay.counters().forwardedPackets, 40);
    }

    @Test
    void observedAddressIsTheClientsOwn() throws Exception {
        assertThat(a.attach()).isEqualTo(a.currentTuple());
    }

    @Test
    void carriesSignallingAndStampsItsSource() throws Exception {
        a.attach();
        b.attach();
        byte[] body = {1, 2, 3};

        a.signal(SignalKind.HINT_CANDIDATES, b.credentials.identity().node(), body);

        RelayClientEvent.PeerSignal heard = b.await(RelayClientEvent.PeerSignal.class);
        assertThat(heard.signal().node()).isEqualTo(a.credentials.identity().node());
        assertThat(heard.signal().kind()).isEqualTo(SignalKind.HINT_CANDIDATES);
        assertThat(heard.signal().body()).isEqualTo(body);
    }

    @Test
    void signalToSomebodyNotAttachedIsRefusedByName() throws Exception {
        a.attach();

        a.signal(SignalKind.CALL_ME, b.credentials.identity().node(), new byte[0]);

        assertThat(a.await(RelayClientEvent.Refused.class).about())
                .isEqualTo(b.credentials.identity().node());
    }

    @Test
    void senderWithoutSessionIsNotForwarded() throws Exception {
        a.attach();
        b.attach();
        int spi = b.lease();
        try (UdpPort stranger = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
                UdpSender sender = stranger.newSender();
                DatagramBatch batch = new DatagramBatch(1)) {
            byte[] packet = esp(spi, 500);

            sender.send(packet, 0, packet.length, Endpoint.parse("127.0.0.1:" + relay.udpPort()));

            // The relay's hint is its only answer, and it comes after the verdict.
            assertThat(stranger.receive(batch, 5_000)).isEqualTo(1);
            assertThat(batch.length(0)).isLessThan(packet.length);
        }
        byte[] last = esp(spi, 600);
        a.sendRaw(last);
        assertThat(b.await(TestClient.Forwarded.class).packet()).isEqualTo(last);
        assertThat(relay.counters().drops(Route.Verdict.UNKNOWN_SOURCE)).isEqualTo(1);
    }

    @Test
    void nobodysSpiGoesNowhere() throws Exception {
        a.attach();
        b.attach();
        int spi = b.lease();

        a.sendRaw(esp(spi ^ 1, 500));
        byte[] last = esp(spi, 600);
        a.sendRaw(last);

        assertThat(b.await(TestClient.Forwarded.class).packet()).isEqualTo(last);
        assertThat(relay.counters().drops(Route.Verdict.UNKNOWN_SPI)).isEqualTo(1);
    }

    @Test
    void newTupleCountsOnlyAfterItsNonceWasEchoed() throws Exception {
        a.attach();
        b.attach();
        int spi = b.lease();
        b.holdStun = true;
        b.openSocket();
        b.checkNow();
        RelayClientInput.StunReceived challenge = b.held.poll(5, TimeUnit.SECONDS);
        assertThat(challenge).isNotNull();

        byte[] before = esp(spi, 700);
        a.sendRaw(before);
        TestClient.Forwarded old = b.await(TestClient.Forwarded.class);
        assertThat(old.packet()).isEqualTo(before);
        assertThat(old.socket()).isZero();

        b.holdStun = false;
        b.release(challenge);
        assertThat(b.await(RelayClientEvent.Attached.class).reflexive()).isEqualTo(b.currentTuple());
        byte[] after = esp(spi, 800);
        a.sendRaw(after);
        TestClient.Forwarded moved = b.await(TestClient.Forwarded.class);
        assertThat(moved.packet()).isEqualTo(after);
        assertThat(moved.socket()).isEqualTo(1);
    }

    @Test
    void certificateOfAnotherMeshIsRefused() throws Exception {
        TestClient stranger =
                new TestClient(mesh, new TestMesh().sidecar(30, 1, "198.18.0.30"), relayCredentials, relay.udpPort());
        open.add(stranger);

        stranger.connect();

        assertThat(stranger.await(IkeEvent.Failed.class).reason()).isNotEmpty();
        assertThat(relay.status().statusJson()).contains("\"clients\":0");
    }

    @Test
    void withdrawnNodeIsCutOffAndStaysOut() throws Exception {
        a.attach();
        PeerRecord record = PeerRecord.sidecar(a.credentials.identity(), "web", List.of());
        FeedObject object = new FeedObject.PeerObject(ClusterId.of(TestMesh.id(2)), record);
        relay.onFeed(new FeedEvent(FeedEvent.Type.ADDED, object, "1"));

        relay.onFeed(new FeedEvent(FeedEvent.Type.DELETED, object, "2"));

        a.await(IkeEvent.Closed.class);
        TestClient again = client(a.credentials);
        again.connect();
        again.await(IkeEvent.Failed.class);
    }

    @Test
    void newerGenerationReplacesTheOlder() throws Exception {
        a.attach();
        NodeCredentials newer = mesh.sidecar(20, 2, "198.18.0.20");
        PeerRecord record = PeerRecord.sidecar(newer.identity(), "web", List.of());

        relay.onFeed(new FeedEvent(
                FeedEvent.Type.ADDED, new FeedObject.PeerObject(ClusterId.of(TestMesh.id(2)), record), "1"));

        a.await(IkeEvent.Closed.class);
        assertThat(client(newer).attach()).isNotNull();
    }

    @Test
    void drainTellsTheClients() throws Exception {
        a.attach();
        b.attach();
        int spi = b.lease();
        awaitStatus("\"clients\":2");
        Thread drain = new Thread(() -> {
            try {
                relay.drain();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        });
        drain.start();

        Move move = a.await(RelayClientEvent.Moving.class).move();
        assertThat(move).isNotNull();
        byte[] packet = esp(spi, 500);
        a.sendRaw(packet);
        assertThat(b.await(TestClient.Forwarded.class).packet()).isEqualTo(packet);
        drain.join(2_500);
        assertThat(drain.isAlive()).isFalse();
        assertThat(relay.status().ready()).isFalse();
    }

    @Test
    void metricsNameWhatWasForwardedAndDropped() throws Exception {
        a.attach();
        b.attach();
        int spi = b.lease();
        a.sendRaw(esp(spi, 500));
        b.await(TestClient.Forwarded.class);
        awaitCount(relay.counters().forwardedPackets, 1);
        awaitStatus("\"clients\":2");

        MetricsText metrics = new MetricsText();
        relay.status().writeMetrics(metrics);

        assertThat(metrics.toString())
                .contains("vpnmesh_relay_forwarded_packets_total 1\n")
                .contains("vpnmesh_relay_dropped_packets_total{reason=\"unknown_source\"} 0\n")
                .contains("vpnmesh_relay_clients 2\n");
    }

    @Test
    void forwardingAllocatesNothing() throws Exception {
        a.attach();
        b.attach();
        int spi = b.lease();
        long receiver = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("udp-receive"))
                .findFirst()
                .orElseThrow()
                .threadId();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        // What an interpreted loop allocates is the compiler's matter: some window must be clean, the first few are
        // not.
        long perPacket = Long.MAX_VALUE;
        for (int window = 0; window < 20 && perPacket >= BYTES_PER_PACKET; window++) {
            long before = threads.getThreadAllocatedBytes(receiver);
            pump(spi, 10_000);
            perPacket = (threads.getThreadAllocatedBytes(receiver) - before) / 10_000;
        }

        assertThat(perPacket).isLessThan(BYTES_PER_PACKET);
    }

    private void pump(int spi, int packets) throws InterruptedException {
        byte[] packet = esp(spi, 200);
        for (int sent = 0; sent < packets; sent += 50) {
            for (int i = 0; i < 50; i++) {
                a.sendRaw(packet);
            }
            for (int i = 0; i < 50; i++) {
                b.await(TestClient.Forwarded.class);
            }
        }
    }

    /** The packet thread counts after it has sent, and the receiver may be faster. */
    private static void awaitCount(LongAdder counter, long expected) {
        long deadline = System.currentTimeMillis() + 5_000;
        while (counter.sum() < expected && System.currentTimeMillis() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(counter.sum()).isEqualTo(expected);
    }

    private void awaitStatus(String part) {
        long deadline = System.currentTimeMillis() + 5_000;
        while (!relay.status().statusJson().contains(part)) {
            assertThat(System.currentTimeMillis())
                    .as(relay.status().statusJson())
                    .isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** Looks like ESP to everybody but the holder of its key. */
    private byte[] esp(int spi, int length) {
        byte[] packet = new byte[length];
        mesh.random.nextBytes(packet);
        ByteBuffer.wrap(packet).putInt(0, spi);
        Arrays.fill(packet, 4, 7, (byte) 0);
        return packet;
    }
}
