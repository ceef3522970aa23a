// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.AeadEngine;
import io.vpnmesh.core.crypto.SecretBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What a library must get right before a packet is given to it: known answers, also for every length that takes another
 * way through its code; no byte beyond its place; no damaged packet accepted. Some milliseconds, which a start waits for.
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

    /** The tags of these lengths one behind the other, with AES-128 and with AES-256: what the JDK computes. */
    private static final String TAGS_128 = "073bb971038b2008ccbe365952fe595b8d8f46318b8fc5a86a7ae67b34d33063"
            + "0256c8744fefd8a1ddef6f7caff4b3d68178c9b432299c15d20e08aca7bbe13c"
            + "0424bbbb9da29203465f03cec20141de0c70254e5d3a4fa1736f92a437ef9bb6"
            + "1632e47d4618fb28a593f224c2a6a51aba64ee5e5803221c5ca326d02376edef"
            + "8c72dd5a106226c24d4d412ab1d6ca33ec06467205e5eb2867f5fb5956acfe61"
            + "e07fbf39af6478f6f9c13aee72de212b2d1307ee2f34a411cb20dc89f7a45652"
            + "f2759c0cec7e4eababb2af08b1952dbc1b46be2987f18361153ca2a65d0144e4"
            + "cfd256223fdfe46579f0755def52c476479650800e05d42c48487808a453470f";

    private static final String TAGS_256 = "356e08d095875806237c82c04b90cb78097c48d34257f05bb2f20c7b0787817a"
            + "307fd0fc0fdf6b3ec0cdf8c4db6bf733b370a3d373c14ce16489008c4bef316d"
            + "325a9ace58ba93a89ff2a96e8d9b660385e6e808eaa90fe04e6ba78a7bb69c53"
            + "770b40fdcad979e2733877e67185f46149de9693e51a15679d68f2a0c976f975"
            + "53b31664ddf1555d55eeb153c90dcfb09d6b2cf099eedc7ae92919e81e7430e7"
            + "eec3c748735a68dc73ce57d3c6f98c4ff39fa5d2e17692f183517c902addbbcb"
            + "17e2df1573db04afc79bb2836f2557eea808bc9f33390a7501c7fe7bd22fba3f"
            + "cfed28955f5c03888a9cdd53ba24269f0d447782da007375f770648db96a0900";

    private static final int GUARD = 32;
    private static final byte UNTOUCHED = 0x77;

    private AeadSelfTest() {}

    /** Errors: UnusableEngineException says what was wrong. */
    static void check(AeadEngine engine) throws UnusableEngineException {
        known(engine, AeadAlgorithm.AES_128_GCM, KEY, SEALED_128);
        known(engine, AeadAlgorithm.AES_256_GCM, KEY + KEY, SEALED_256);
        lengths(engine, AeadAlgorithm.AES_128_GCM, TAGS_128);
        lengths(engine, AeadAlgorithm.AES_256_GCM, TAGS_256);
    }

    private static void lengths(AeadEngine engine, AeadAlgorithm algorithm, String tags)
            throws UnusableEngineException {
        byte[] expected = HexFormat.of().parseHex(tags);
        try (Aead tested = engine.aead(algorithm, SecretBytes.owning(bytes(algorithm.keyLength(), 3)))) {
            for (int i = 0; i < LENGTHS.length; i++) {
                int at = i * Aead.TAG_LENGTH;
                compare(tested, Arrays.copyOfRange(expected, at, at + Aead.TAG_LENGTH), LENGTHS[i], i);
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

    /** A tag that is right, and text that opens under it to what was sealed, leave no byte between them to be wrong. */
    private static void compare(Aead tested, byte[] tag, int length, int seed) throws UnusableEngineException {
        byte[] nonce = bytes(Aead.NONCE_LENGTH, seed);
        byte[] aad = bytes(12, seed + 1);
        byte[] plain = bytes(length, seed + 2);
        int sealed = length + Aead.TAG_LENGTH;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(sealed + 2L * GUARD);
            memory.fill(UNTOUCHED);
            tested.sealTo(nonce, aad, aad.length, plain, 0, length, memory, GUARD);
            byte[] around = memory.toArray(JAVA_BYTE);
            require(
                    isUntouched(around, 0, GUARD)
                            && isUntouched(around, GUARD + sealed, around.length)
                            && Arrays.equals(around, GUARD + length, GUARD + sealed, tag, 0, tag.length),
                    tested,
                    "sealing " + length + " bytes went wrong");

            byte[] opened = new byte[length + GUARD];
            require(
                    tested.openFrom(nonce, aad, aad.length, memory, GUARD, length, opened, 0)
                            && Arrays.equals(opened, Arrays.copyOf(plain, opened.length)),
                    tested,
                    "opening " + length + " bytes went wrong");
            long at = GUARD + (long) seed * 7 % sealed;
            memory.set(JAVA_BYTE, at, (byte) (memory.get(JAVA_BYTE, at) ^ 1));
            require(
                    !tested.openFrom(nonce, aad, aad.length, memory, GUARD, length, opened, 0),
                    tested,
                    "a damaged packet was accepted");
        }
    }

    private static boolean isUntouched(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != UNTOUCHED) {
                return false;
            }
        }
        return true;
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
