// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.blocks;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.TrainForwarder;
import io.vpnmesh.transport.UdpPort;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Two sockets on the loopback: 44 datagrams of 1400 bytes as one train, and as many small ones alone. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@SuppressWarnings("NullAway.Init") // JMH calls open first
public class UdpBenchmark {

    static final int DATAGRAMS = 44;

    private static final int LENGTH = 1400;
    private static final int SMALL = 100;
    private static final int WAIT_MS = 1000;

    private final MemorySegment memory = Arena.global().allocate((long) DATAGRAMS * LENGTH, 64);
    private final DatagramBatch batch = new DatagramBatch(64);
    private UdpPort from;
    private UdpPort to;
    private TrainForwarder forwarder;

    @Setup
    public void open() throws IOException {
        from = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
        to = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
        forwarder = from.newForwarder();
    }

    @TearDown
    public void close() {
        from.close();
        to.close();
        batch.close();
    }

    private int receive(int bytes) {
        int received = 0;
        int messages = 0;
        while (received < bytes) {
            int count = to.receive(batch, WAIT_MS);
            if (count == 0) {
                throw new IllegalStateException("only " + received + " bytes of " + bytes + " arrived");
            }
            for (int i = 0; i < count; i++) {
                received += batch.length(i);
            }
            messages += count;
        }
        return messages;
    }

    @Benchmark
    public int train() {
        for (int i = 0; i < DATAGRAMS; i++) {
            forwarder.add(Endpoint.UNSPECIFIED, to.local(), memory, (long) i * LENGTH, LENGTH, 0);
        }
        forwarder.flush();
        return receive(DATAGRAMS * LENGTH);
    }

    /** Lengths that differ make no train: one message for each, but one system call for all. */
    @Benchmark
    public int alone() {
        int bytes = 0;
        for (int i = 0; i < DATAGRAMS; i++) {
            int length = SMALL + i; // a longer one begins a train of its own
            forwarder.add(Endpoint.UNSPECIFIED, to.local(), memory, (long) i * LENGTH, length, 0);
            bytes += length;
        }
        forwarder.flush();
        return receive(bytes);
    }
}
