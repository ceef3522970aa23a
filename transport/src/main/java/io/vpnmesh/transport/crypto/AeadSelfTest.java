// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.AeadEngine;
import io.vpnmesh.core.crypto.JdkEngine;
import io.vpnmesh.core.crypto.SecretBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What a library must get right before a packet is given to it: known answers, and the JDK's for every length that takes
 * another way through its code; no byte beyond its place; no damaged packet accepted. Some milliseconds.
 */
final class AeadSelfTest {

    /** Test cases 4 and 16 of the GCM specification (McGrew, Viega 2005, appendix B). */
    private static final String KEY = "feffe9928665731c6d6a8f9467308308";

    private static final String NONCE = "cafebabefacedbaddecaf888";
    private static final String AAD = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
    private static final String PLAIN = "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
            + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
    private static final String SEALED_128 = "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
            + "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47";
    private static final String SEALED_256 = "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
            + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b";

    /** Around the widths of AES blocks and of the loops over several of them, and a full packet. */
    private static final int[] LENGTHS = {0, 1, 15, 16, 17, 48, 64, 127, 128, 129, 255, 256, 300, 512, 777, 1440};

    private static final int GUARD = 32;
    private static final byte UNTOUCHED = 0x77;

    private AeadSelfTest() {}

    /** Errors: UnusableEngineException says what was wrong. */
    static void check(AeadEngine engine) throws UnusableEngineException {
        known(engine, AeadAlgorithm.AES_128_GCM, KEY, SEALED_128);
        known(engine, AeadAlgorithm.AES_256_GCM, KEY + KEY, SEALED_256);
        for (AeadAlgorithm algorithm : new AeadAlgorithm[] {AeadAlgorithm.AES_128_GCM, AeadAlgorithm.AES_256_GCM}) {
            byte[] key = bytes(algorithm.keyLength(), 3);
            try (Aead tested = engine.aead(algorithm, SecretBytes.owning(key.clone()));
                    Aead jdk = new JdkEngine().aead(algorithm, SecretBytes.owning(key.clone()))) {
                for (int i = 0; i < LENGTHS.length; i++) {
                    compare(tested, jdk, LENGTHS[i], i);
                }
            }
        }
    }

    private static void known(AeadEngine engine, AeadAlgorithm algorithm, String key, String sealed)
            throws UnusableEngineException {
        HexFormat hex = HexFormat.of();
        byte[] plain = hex.parseHex(PLAIN);
        byte[] out = new byte[plain.length + Aead.TAG_LENGTH];
        byte[] aad = hex.parseHex(AAD);
        try (Aead aead = engine.aead(algorithm, SecretBytes.owning(hex.parseHex(key)))) {
            aead.seal(hex.parseHex(NONCE), aad, 0, aad.length, plain, 0, plain.length, out, 0);
        }
        require(Arrays.equals(out, hex.parseHex(sealed)), engine, algorithm + " differs from the known answer");
    }

    private static void compare(Aead tested, Aead jdk, int length, int seed) throws UnusableEngineException {
        byte[] nonce = bytes(Aead.NONCE_LENGTH, seed);
        byte[] aad = bytes(12, seed + 1);
        byte[] plain = bytes(length, seed + 2);
        byte[] expected = new byte[length + Aead.TAG_LENGTH];
        jdk.seal(nonce, aad, 0, aad.length, plain, 0, length, expected, 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(expected.length + 2L * GUARD);
            memory.fill(UNTOUCHED);
            tested.sealTo(nonce, aad, aad.length, plain, 0, length, memory, GUARD);
            byte[] around = memory.toArray(JAVA_BYTE);
            byte[] right = new byte[around.length];
            Arrays.fill(right, UNTOUCHED);
            System.arraycopy(expected, 0, right, GUARD, expected.length);
            require(Arrays.equals(around, right), tested, "sealing " + length + " bytes went wrong");

            byte[] opened = new byte[length + GUARD];
            require(
                    tested.openFrom(nonce, aad, aad.length, memory, GUARD, length, opened, 0)
                            && Arrays.equals(opened, Arrays.copyOf(plain, opened.length)),
                    tested,
                    "opening " + length + " bytes went wrong");
            long at = GUARD + (long) seed * 7 % expected.length;
            memory.set(JAVA_BYTE, at, (byte) (memory.get(JAVA_BYTE, at) ^ 1));
            require(
                    !tested.openFrom(nonce, aad, aad.length, memory, GUARD, length, opened, 0),
                    tested,
                    "a damaged packet was accepted");
        }
    }

    private static byte[] bytes(int length, int seed) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (seed * 31 + i * 17 + (i >> 4));
        }
        return bytes;
    }

    private static void require(boolean right, Object tested, String otherwise) throws UnusableEngineException {
        if (!right) {
            String name = tested instanceof AeadEngine engine ? engine.name() + " " + engine.version() : "the library";
            throw new UnusableEngineException("self-test of " + name + ": " + otherwise);
        }
    }
}
