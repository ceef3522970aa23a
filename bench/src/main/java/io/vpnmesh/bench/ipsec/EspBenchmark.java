// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.AeadEngine;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.ipsec.esp.EspHeader;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.transport.crypto.AeadChoice;
import io.vpnmesh.transport.crypto.UnusableEngineException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
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
import org.openjdk.jmh.annotations.Warmup;

/**
 * Seals and opens 1400 bytes the sidecar's way, out of a heap array into the memory that is sent and back, and the same by
 * the cipher alone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
@SuppressWarnings("NullAway.Init") // JMH sets parameters and calls start first
public class EspBenchmark {

    static final int PACKET = 1400;

    /** The packet, padding to four bytes, pad length and next header. */
    static final int PLAIN = PACKET + 2 + (-(PACKET + 2) & 3);

    private static final int HEADER = EspHeader.LENGTH;

    @Param({"jdk", "ipsec-mb", "openssl"})
    public String engine;

    private final byte[] packet = new byte[PLAIN + EspSealer.BORROWED];
    private final byte[] opened = new byte[PLAIN];
    private final byte[] scratch = new byte[PLAIN + Aead.TAG_LENGTH];
    private final ByteBuffer nonce = ByteBuffer.allocate(Aead.NONCE_LENGTH);
    private final byte[] aad = new byte[12];
    private final MemorySegment wire = Arena.global().allocate(2048, 64);
    private final BareCipher jdk = new BareCipher();
    private EspPair esp;
    private Aead sealing;
    private Aead opening;
    private long sequence;

    @Setup
    public void start() throws UnusableEngineException {
        byte[] inner = EspPair.packet(PACKET);
        System.arraycopy(inner, 0, packet, 0, inner.length);
        AeadEngine aeads = AeadChoice.of(engine).engine();
        esp = new EspPair(aead(aeads), aead(aeads));
        sealing = aead(aeads);
        opening = aead(aeads);
    }

    private static Aead aead(AeadEngine engine) {
        return engine.aead(AeadAlgorithm.AES_256_GCM, SecretBytes.owning(new byte[32]));
    }

    @Benchmark
    public int esp() {
        int length = esp.sealer.sealTo(packet, 0, PACKET, wire, 0);
        int inner = esp.opener.openFrom(wire, 0, length, opened, 0);
        if (inner != PACKET) {
            throw new IllegalStateException("verdict " + inner);
        }
        return inner;
    }

    /** The calls that {@link #esp} cannot do without: of javax.crypto, or of the native library's door. */
    @Benchmark
    public byte bare() throws GeneralSecurityException {
        if (engine.equals("jdk")) {
            jdk.seal(packet, 0, PLAIN, scratch, 0);
            jdk.open(scratch, 0, PLAIN, opened, 0);
        } else {
            nonce.putLong(4, ++sequence);
            sealing.sealTo(nonce.array(), aad, aad.length, packet, 0, PLAIN, wire, HEADER);
            if (!opening.openFrom(nonce.array(), aad, aad.length, wire, HEADER, PLAIN, opened, 0)) {
                throw new IllegalStateException("the tag is wrong");
            }
        }
        return opened[0];
    }
}
