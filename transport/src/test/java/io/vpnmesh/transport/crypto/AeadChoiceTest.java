// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import com.sun.management.ThreadMXBean;
import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.AeadEngine;
import io.vpnmesh.core.crypto.JdkEngine;
import io.vpnmesh.core.crypto.SecretBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AeadChoiceTest {

    private static AeadEngine engine(String name) {
        try {
            return AeadChoice.of(name).engine();
        } catch (UnusableEngineException e) {
            return abort(String.valueOf(e.getMessage()));
        }
    }

    private static SecretBytes key(byte[] bytes) {
        return SecretBytes.owning(bytes.clone());
    }

    @Test
    void whatIsChosenByItselfPassedItsSelfTestOrIsTheJdk() throws UnusableEngineException {
        AeadChoice choice = AeadChoice.of(AeadChoice.AUTO);

        AeadSelfTest.check(choice.engine());
        assertThat(choice.engine().version()).isNotBlank();
        if (choice.engine() instanceof JdkEngine) {
            assertThat(choice.refused()).hasSize(2);
        }
    }

    @Test
    void jdkPassesTheSelfTestItself() throws UnusableEngineException {
        AeadSelfTest.check(new JdkEngine());
    }

    @Test
    void nameThatNobodyHasIsABugOfTheCaller() {
        assertThatThrownBy(() -> AeadChoice.of("rot13")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void absentLibraryIsAReasonAndNoCrash() {
        assertThatThrownBy(() -> NativeLibrary.load("libnobody-has-this.so.7"))
                .isInstanceOf(UnusableEngineException.class)
                .hasMessageContaining("is not installed");
        assertThatThrownBy(() -> NativeLibrary.load("libc.so.6").address("no_such_function"))
                .isInstanceOf(UnusableEngineException.class)
                .hasMessageContaining("no_such_function");
    }

    /** A library that is wrong in one way each. */
    @ParameterizedTest
    @ValueSource(strings = {"tag", "text", "accepts", "beyond"})
    void libraryThatIsWrongIsRefused(String fault) {
        AeadEngine wrong = new FaultyEngine(fault);

        assertThatThrownBy(() -> AeadSelfTest.check(wrong))
                .isInstanceOf(UnusableEngineException.class)
                .hasMessageContaining("self-test");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipsec-mb", "openssl"})
    void nativeAndJdkOpenEachOthersPackets(String name) {
        AeadEngine engine = engine(name);
        Random random = new Random(8);
        for (AeadAlgorithm algorithm : AeadAlgorithm.values()) {
            byte[] key = new byte[algorithm.keyLength()];
            random.nextBytes(key);
            try (Aead tested = engine.aead(algorithm, key(key));
                    Aead jdk = new JdkEngine().aead(algorithm, key(key))) {
                for (int length = 0; length < 3000; length += 1 + random.nextInt(40)) {
                    exchange(random, tested, jdk, length);
                    exchange(random, jdk, tested, length);
                }
            }
        }
    }

    private static void exchange(Random random, Aead sealer, Aead opener, int length) {
        byte[] nonce = new byte[12];
        byte[] aad = new byte[random.nextInt(21)];
        byte[] plain = new byte[length];
        random.nextBytes(nonce);
        random.nextBytes(aad);
        random.nextBytes(plain);
        byte[] sealed = new byte[length + 16 + 5];
        sealer.seal(nonce, aad, 0, aad.length, plain, 0, length, sealed, 5);
        byte[] opened = new byte[length];
        assertThat(opener.open(nonce, aad, 0, aad.length, sealed, 5, length, opened, 0))
                .isTrue();
        assertThat(opened).isEqualTo(plain);
        sealed[5 + random.nextInt(length + 16)] ^= 1;
        assertThat(opener.open(nonce, aad, 0, aad.length, sealed, 5, length, opened, 0))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipsec-mb", "openssl"})
    void placeThatIsTooSmallIsAnExceptionBeforeAnyNativeCode(String name) {
        AeadEngine engine = engine(name);
        MemorySegment small = Arena.ofAuto().allocate(100);
        try (Aead aead = engine.aead(AeadAlgorithm.AES_256_GCM, key(new byte[32]))) {
            assertThatThrownBy(() -> aead.sealTo(new byte[12], new byte[12], 12, new byte[90], 0, 90, small, 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> aead.openFrom(new byte[12], new byte[12], 12, small, 50, 40, new byte[90], 0))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThatThrownBy(() -> engine.aead(AeadAlgorithm.AES_256_GCM, key(new byte[31])))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipsec-mb", "openssl"})
    void sealingAndOpeningAllocateNothing(String name) {
        AeadEngine engine = engine(name);
        MemorySegment memory = Arena.ofAuto().allocate(2000);
        byte[] packet = new byte[1440];
        byte[] nonce = new byte[12];
        byte[] aad = new byte[12];
        int packets = 20_000;
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().threadId();
        long allocated = 0;
        boolean opened = true;
        try (Aead aead = engine.aead(AeadAlgorithm.AES_256_GCM, key(new byte[32]))) {
            for (int round = 0; round < 3; round++) { // the first ones load and compile
                long before = threads.getThreadAllocatedBytes(id);
                for (int i = 0; i < packets; i++) {
                    nonce[11]++;
                    aead.sealTo(nonce, aad, 12, packet, 0, packet.length, memory, 100);
                    opened &= aead.openFrom(nonce, aad, 12, memory, 100, packet.length, packet, 0);
                }
                allocated = threads.getThreadAllocatedBytes(id) - before;
            }
        }
        assertThat(opened).isTrue();
        assertThat(allocated / packets).isZero();
    }

    /** The JDK with one fault. */
    private record FaultyEngine(String fault) implements AeadEngine {

        @Override
        public String name() {
            return "faulty";
        }

        @Override
        public String version() {
            return "1";
        }

        @Override
        public Aead aead(AeadAlgorithm algorithm, SecretBytes key) {
            return new FaultyAead(fault, new JdkEngine().aead(algorithm, key));
        }
    }

    private record FaultyAead(String fault, Aead jdk) implements Aead {

        @Override
        public void seal(byte[] nonce, byte[] aad, int a, int n, byte[] in, int i, int length, byte[] out, int o) {
            jdk.seal(nonce, aad, a, n, in, i, length, out, o);
            if (fault.equals("tag")) {
                out[o + length] ^= 1;
            }
        }

        @Override
        public boolean open(byte[] nonce, byte[] aad, int a, int n, byte[] in, int i, int length, byte[] out, int o) {
            return jdk.open(nonce, aad, a, n, in, i, length, out, o);
        }

        @Override
        public void sealTo(byte[] nonce, byte[] aad, int n, byte[] in, int i, int length, MemorySegment out, long o) {
            byte[] text = fault.equals("text") && length > 1000 ? Arrays.copyOf(new byte[0], in.length) : in;
            jdk.sealTo(nonce, aad, n, text, i, length, out, o);
            if (fault.equals("beyond")) {
                out.set(java.lang.foreign.ValueLayout.JAVA_BYTE, o + length + TAG_LENGTH, (byte) 0);
            }
        }

        @Override
        public boolean openFrom(
                byte[] nonce, byte[] aad, int n, MemorySegment in, long i, int length, byte[] out, int o) {
            return jdk.openFrom(nonce, aad, n, in, i, length, out, o) || fault.equals("accepts");
        }

        @Override
        public void close() {
            jdk.close();
        }
    }
}
