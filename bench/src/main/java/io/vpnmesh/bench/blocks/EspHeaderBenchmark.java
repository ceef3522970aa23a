// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.blocks;

import io.vpnmesh.bench.ipsec.EspPair;
import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.ipsec.esp.EspHeader;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.ipsec.esp.EspVerdict;
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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** ESP around a cipher that does nothing: header, trailer, replay window, selectors, counters. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class EspHeaderBenchmark {

    private static final int PACKET = 1400;
    private static final int PLAIN = PACKET + 4;
    private static final int LENGTH = EspHeader.LENGTH + PLAIN + Aead.TAG_LENGTH;
    private static final ValueLayout.OfInt LOW_SEQUENCE =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    /** Packets overtake each other within so many. */
    private static final int DISORDER = 63;

    private final byte[] packet = new byte[PACKET + EspSealer.BORROWED];
    private final byte[] opened = new byte[PLAIN];
    private final MemorySegment wire = Arena.global().allocate(2048, 64);
    private final EspPair esp = new EspPair(new NoCipher(), new NoCipher());
    private long sequence;

    /** Every byte stays where it is, and every tag is right. */
    private static final class NoCipher implements Aead {
        @Override
        public void seal(byte[] nonce, byte[] aad, int a, int n, byte[] in, int i, int length, byte[] out, int o) {}

        @Override
        public boolean open(byte[] nonce, byte[] aad, int a, int n, byte[] in, int i, int length, byte[] out, int o) {
            return true;
        }

        @Override
        public void sealTo(byte[] nonce, byte[] aad, int n, byte[] in, int i, int length, MemorySegment out, long o) {}

        @Override
        public boolean openFrom(
                byte[] nonce, byte[] aad, int n, MemorySegment in, long i, int length, byte[] out, int o) {
            return true;
        }

        @Override
        public void close() {}
    }

    public EspHeaderBenchmark() {
        byte[] inner = EspPair.packet(PACKET);
        System.arraycopy(inner, 0, packet, 0, PACKET);
        System.arraycopy(inner, 0, opened, 0, PACKET);
        // The trailer of RFC 4303 section 2.4: two bytes of padding, their number, IPv4.
        opened[PACKET] = 1;
        opened[PACKET + 1] = 2;
        opened[PACKET + 2] = 2;
        opened[PACKET + 3] = 4;
    }

    private int receive(long number, int expected) {
        wire.set(LOW_SEQUENCE, 4, (int) number);
        int verdict = esp.opener.openFrom(wire, 0, LENGTH, opened, 0);
        if (verdict != expected) {
            throw new IllegalStateException("verdict " + verdict + " for number " + number);
        }
        return verdict;
    }

    @Benchmark
    public int seal() {
        return esp.sealer.sealTo(packet, 0, PACKET, wire, 0);
    }

    @Benchmark
    public int openInOrder() {
        return receive(++sequence, PACKET);
    }

    @Benchmark
    public int openOutOfOrder() {
        return receive((++sequence ^ DISORDER) + DISORDER, PACKET);
    }

    /** What a flood of old packets costs: half of them are new. */
    @Benchmark
    public int openAndRefuseItsReplay() {
        receive(++sequence, PACKET);
        return receive(sequence, EspVerdict.REPLAYED);
    }
}
