// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.JdkEngine;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.ipsec.esp.EspSealer;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Seals and opens 1400 bytes in place in a heap array, as a user of the library does, and the same by the cipher alone. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class EspInPlaceBenchmark {

    private static final int PACKET = EspBenchmark.PACKET;
    private static final int PLAIN = EspBenchmark.PLAIN;
    private static final int AT = EspSealer.HEADROOM;

    private final byte[] buffer = new byte[AT + PLAIN + Aead.TAG_LENGTH];
    private final byte[] scratch = new byte[PLAIN];
    private final BareCipher jdk = new BareCipher();
    private final EspPair esp = new EspPair(aead(), aead());

    public EspInPlaceBenchmark() {
        byte[] inner = EspPair.packet(PACKET);
        System.arraycopy(inner, 0, buffer, AT, inner.length);
    }

    private static Aead aead() {
        return new JdkEngine().aead(AeadAlgorithm.AES_256_GCM, SecretBytes.owning(new byte[32]));
    }

    @Benchmark
    public int esp() {
        int length = esp.sealer.seal(buffer, AT, PACKET);
        int inner = esp.opener.open(buffer, 0, length);
        if (inner != PACKET) {
            throw new IllegalStateException("verdict " + inner);
        }
        return inner;
    }

    /** The JDK does not open in place without a copy of its own, so the bare calls open into another array. */
    @Benchmark
    public byte bare() throws GeneralSecurityException {
        jdk.seal(buffer, AT, PLAIN, buffer, AT);
        jdk.open(buffer, AT, PLAIN, scratch, 0);
        return scratch[0];
    }
}
