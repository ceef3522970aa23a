// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.blocks;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.relay.packet.ControlSide;
import io.vpnmesh.relay.packet.LocalSas;
import io.vpnmesh.relay.packet.RelayCounters;
import io.vpnmesh.relay.packet.RelayLoop;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.TrainForwarder;
import io.vpnmesh.transport.UdpPort;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A relay's packet thread on the loopback with so many clients, each at an address of its own: lone ESP packets, each from
 * another client to another one. The clients are one socket.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 10, time = 1) // a round is long, and what is not compiled yet allocates
@Measurement(iterations = 4, time = 1)
@SuppressWarnings("NullAway.Init") // JMH sets parameters and calls open first
public class RelayBenchmark {

    static final int PACKETS = 256;

    /** And a byte more for each packet of a round: what differs in length is joined by nobody. */
    private static final int LENGTH = 40;

    private static final int STRIDE = 512;
    private static final int WAIT_MS = 1000;
    /** Prime to the numbers of clients: neighbours in a batch are none in any table. */
    private static final int STEP = 7919;

    private static final ValueLayout.OfInt NETWORK_INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    @Param({"2", "1000", "10000"})
    public int clients;

    private final MemorySegment memory = Arena.global().allocate((long) PACKETS * STRIDE, 64);
    private final DatagramBatch batch = new DatagramBatch(64);
    private UdpPort relay;
    private UdpPort sockets;
    private TrainForwarder out;
    private Endpoint[] tuples;
    private Thread packets;
    private int next;

    @Setup
    public void open() throws IOException, InterruptedException {
        relay = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
        sockets = UdpPort.bind(0);
        out = sockets.newForwarder();
        RelayClients table = new RelayClients(relay.local());
        tuples = new Endpoint[clients];
        for (int i = 0; i < clients; i++) {
            tuples[i] = new Endpoint(
                    IpAddress.v4(127 << 24 | 1 << 16 | i + 1), sockets.local().port());
            table.attach(new NodeId(0, i), tuples[i], spi(i));
        }
        RelayLoop loop = new RelayLoop(relay, table.forwarding(), new LocalSas(), new Nobody(), new RelayCounters());
        packets = Thread.ofPlatform().daemon().name("relay").start(loop);
    }

    private static int spi(int client) {
        return 0x8000_0001 + client;
    }

    @TearDown
    public void close() throws InterruptedException {
        relay.stopReceiving();
        packets.join();
        relay.close();
        sockets.close();
        batch.close();
    }

    @Benchmark
    public int forward() {
        for (int i = 0; i < PACKETS; i++) {
            next = (next + STEP) % clients;
            int receiver = (next + 1) % clients;
            long at = (long) i * STRIDE;
            memory.set(NETWORK_INT, at, spi(receiver));
            memory.set(NETWORK_INT, at + Integer.BYTES, 1);
            out.add(tuples[next], relay.local(), memory, at, LENGTH + i, 0);
        }
        out.flush();
        int received = 0;
        while (received < PACKETS) {
            int count = sockets.receive(batch, WAIT_MS);
            if (count == 0) {
                throw new IllegalStateException("only " + received + " packets of " + PACKETS + " arrived");
            }
            received += count;
        }
        return received;
    }

    /** Nothing but ESP comes. */
    private static final class Nobody implements ControlSide {

        @Override
        public void onIke(Endpoint local, Endpoint from, byte[] message) {
            throw new IllegalStateException("IKE from " + from);
        }

        @Override
        public void onStun(Endpoint local, Endpoint from, byte[] message) {
            throw new IllegalStateException("STUN from " + from);
        }

        @Override
        public void onSignal(NodeId from, byte[] datagram) {
            throw new IllegalStateException("a signal from " + from);
        }

        @Override
        public void onFirstPacket(long session, int inboundSpi) {
            throw new IllegalStateException("an SA of the relay's own");
        }

        @Override
        public void onUnknownSource(Endpoint local, Endpoint from) {
            throw new IllegalStateException(from + " is no client");
        }
    }
}
