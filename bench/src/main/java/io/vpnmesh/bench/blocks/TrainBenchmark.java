// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.blocks;

import io.vpnmesh.core.net.IpView;
import io.vpnmesh.sidecar.train.Coalescer;
import io.vpnmesh.sidecar.train.Segmenter;
import io.vpnmesh.transport.tun.VnetHeader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** A frame of 44 TCP segments: cut apart, and joined again. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class TrainBenchmark {

    static final int SEGMENTS = 44;

    private static final int WIDTH = 1438;
    private static final int FRAME_AT = VnetHeader.BYTES;

    private final TcpFrame flow = new TcpFrame(SEGMENTS, WIDTH);
    private final byte[] work = flow.bytes();
    /** What cutting changes of the first packet; payload that headers have covered does not matter to the next cut. */
    private final byte[] head = Arrays.copyOf(work, FRAME_AT + flow.headerLength());

    private final List<byte[]> packets;
    private final IpView ip = new IpView();
    private final Segmenter segmenter = new Segmenter();
    private int joined;
    private final Coalescer coalescer = new Coalescer((buffer, at, length, segments) -> joined = segments, true, true);

    public TrainBenchmark() {
        packets = new ArrayList<>();
        byte[] frame = flow.bytes();
        begin(frame);
        for (int i = 0; i < SEGMENTS; i++) {
            segmenter.next();
            packets.add(Arrays.copyOfRange(frame, segmenter.offset(), segmenter.offset() + segmenter.length()));
        }
    }

    private void begin(byte[] frame) {
        ip.wrap(frame, FRAME_AT, flow.length());
        int count = segmenter.begin(frame, 0, flow.length(), ip, WIDTH);
        if (count != SEGMENTS) {
            throw new IllegalStateException(count + " segments");
        }
    }

    @Benchmark
    public int split() {
        System.arraycopy(head, 0, work, 0, head.length);
        begin(work);
        int bytes = 0;
        for (int i = 0; i < SEGMENTS; i++) {
            segmenter.next();
            bytes += segmenter.length();
        }
        return bytes;
    }

    /** With the copies of all packets, which stand for opening them where they belong. */
    @Benchmark
    public int join() {
        for (int i = 0; i < SEGMENTS; i++) {
            byte[] packet = packets.get(i);
            System.arraycopy(packet, 0, coalescer.buffer(), coalescer.openAt(), packet.length);
            if (!coalescer.append(packet.length)) {
                coalescer.detach(packet.length);
                ip.wrap(coalescer.buffer(), Coalescer.PACKET_AT, packet.length);
                coalescer.keep(ip, packet.length);
            }
        }
        coalescer.flush();
        if (joined != SEGMENTS) {
            throw new IllegalStateException("only " + joined + " were joined");
        }
        return joined;
    }

    /** The copies of {@link #join} alone. */
    @Benchmark
    public int copy() {
        int at = Coalescer.PACKET_AT;
        for (int i = 0; i < SEGMENTS; i++) {
            byte[] packet = packets.get(i);
            System.arraycopy(packet, 0, work, at, packet.length);
            at += packet.length - flow.headerLength();
        }
        return at;
    }
}
