// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.AeadEngine;
import io.vpnmesh.core.crypto.JdkEngine;
import io.vpnmesh.core.crypto.SecretBytes;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * AES-GCM of intel-ipsec-mb (Debian libipsec-mb1), by the functions for one packet, which come once for each kind of
 * processor: the best that this one has instructions for. Other algorithms are the JDK's.
 */
final class IpsecMbEngine implements AeadEngine {

    static final String NAME = "ipsec-mb";

    /** struct gcm_key_data with its tables of the hash key, at its largest below 1.5 KiB. */
    private static final long KEY_BYTES = 4096;

    /** struct gcm_context_data, about 100 bytes. */
    private static final long CONTEXT_BYTES = 1024;

    private static final long ALIGNMENT = 64;

    /** To read two tags by address, without an object for each. */
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** A suffix of the library's functions, and the flags of /proc/cpuinfo that they need. */
    private record Kind(String suffix, Set<String> flags) {}

    private static final List<Kind> KINDS = List.of(
            new Kind(
                    "vaes_avx512",
                    Set.of(
                            "avx512f",
                            "avx512dq",
                            "avx512cd",
                            "avx512bw",
                            "avx512vl",
                            "avx512ifma",
                            "vaes",
                            "vpclmulqdq",
                            "gfni",
                            "bmi2")),
            new Kind("avx_gen4", Set.of("avx2", "bmi2", "aes", "pclmulqdq")),
            new Kind("avx_gen2", Set.of("avx", "aes", "pclmulqdq")),
            new Kind("sse", Set.of("sse4_2", "aes", "pclmulqdq")));

    /**
     * aes_gcm_enc and aes_gcm_dec: key, context, out, in, length, nonce, additional data, its length, tag, its length.
     * The function is an argument, so that the handle is a constant: what is none costs a chain of calls for each packet.
     * The others of the library take fewer arguments and do not mind the rest (System V ABI): one signature for all, because
     * each costs the start of a process.
     */
    private static final MethodHandle CALL = NativeLibrary.quick(JAVA_LONG, arguments());

    private static MemoryLayout[] arguments() {
        MemoryLayout[] arguments = new MemoryLayout[10];
        Arrays.fill(arguments, JAVA_LONG);
        return arguments;
    }

    private record Functions(MemorySegment expand, MemorySegment encrypt, MemorySegment decrypt) {

        static Functions of(NativeLibrary library, String bits, String suffix) throws UnusableEngineException {
            return new Functions(
                    library.address("aes_gcm_pre_" + bits + "_" + suffix),
                    library.address("aes_gcm_enc_" + bits + "_" + suffix),
                    library.address("aes_gcm_dec_" + bits + "_" + suffix));
        }
    }

    private static long call(MemorySegment function, long first, long second) {
        try {
            return (long) CALL.invokeExact(function, first, second, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw new AssertionError("native signature", e);
        }
    }

    private final AeadEngine others = new JdkEngine();
    private final Functions bits128;
    private final Functions bits256;
    private final String version;

    private IpsecMbEngine(NativeLibrary library, String suffix) throws UnusableEngineException {
        bits128 = Functions.of(library, "128", suffix);
        bits256 = Functions.of(library, "256", suffix);
        version = version(library) + " " + suffix;
    }

    /** Errors: UnusableEngineException when it is absent, lacks a function, or this processor lacks instructions. */
    static IpsecMbEngine load() throws UnusableEngineException {
        if (!System.getProperty("os.arch", "").equals("amd64")) {
            throw new UnusableEngineException("ipsec-mb is for x86-64 only");
        }
        Set<String> flags = processorFlags();
        Kind kind = KINDS.stream()
                .filter(candidate -> flags.containsAll(candidate.flags()))
                .findFirst()
                .orElseThrow(() -> new UnusableEngineException("this processor has no AES instructions"));
        return new IpsecMbEngine(NativeLibrary.load("libIPSec_MB.so.1", "libIPSec_MB.so.2"), kind.suffix());
    }

    /** What the kernel lets programs use, of the first processor: those of one machine are alike. */
    private static Set<String> processorFlags() throws UnusableEngineException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return Set.copyOf(List.of(lines.filter(line -> line.startsWith("flags"))
                    .findFirst()
                    .orElse("")
                    .split("\\s+")));
        } catch (IOException e) {
            throw new UnusableEngineException("/proc/cpuinfo cannot be read: " + e.getMessage());
        }
    }

    private static String version(NativeLibrary library) throws UnusableEngineException {
        return NativeLibrary.text(call(library.address("imb_get_version_str"), 0, 0));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public Aead aead(AeadAlgorithm algorithm, SecretBytes key) {
        if (key.length() != algorithm.keyLength()) {
            throw new IllegalArgumentException(algorithm + " needs a key of " + algorithm.keyLength() + " bytes");
        }
        return switch (algorithm) {
            case AES_256_GCM -> new Gcm(bits256, key);
            case AES_128_GCM -> new Gcm(bits128, key);
            case CHACHA20_POLY1305 -> others.aead(algorithm, key);
        };
    }

    private static final class Gcm extends NativeAead {

        private final MemorySegment expanded = Arena.ofAuto().allocate(KEY_BYTES, ALIGNMENT);
        private final MemorySegment context = Arena.ofAuto().allocate(CONTEXT_BYTES, ALIGNMENT);
        private final MemorySegment encrypt;
        private final MemorySegment decrypt;

        Gcm(Functions functions, SecretBytes secret) {
            encrypt = functions.encrypt();
            decrypt = functions.decrypt();
            try (Arena confined = Arena.ofConfined()) {
                MemorySegment key = confined.allocateFrom(JAVA_BYTE, secret.expose());
                call(functions.expand(), key.address(), expanded.address());
                key.fill((byte) 0);
            }
        }

        @Override
        void encrypt(long nonce, long aad, int aadLength, long data, int length) {
            try {
                long _ = (long) CALL.invokeExact(
                        encrypt,
                        expanded.address(),
                        context.address(),
                        data,
                        data,
                        (long) length,
                        nonce,
                        aad,
                        (long) aadLength,
                        data + length,
                        (long) TAG_LENGTH);
            } catch (Throwable e) {
                throw new AssertionError("native signature", e);
            }
        }

        @Override
        boolean decrypt(long nonce, long aad, int aadLength, long in, int length, long out, long tag) {
            try {
                // Into a place of its own: the input holds the tag to compare with.
                long _ = (long) CALL.invokeExact(
                        decrypt,
                        expanded.address(),
                        context.address(),
                        out,
                        in,
                        (long) length,
                        nonce,
                        aad,
                        (long) aadLength,
                        tag,
                        (long) TAG_LENGTH);
            } catch (Throwable e) {
                throw new AssertionError("native signature", e);
            }
            return isSame(tag, in + length);
        }

        /** In the same time wherever they differ. */
        private static boolean isSame(long a, long b) {
            long first = MEMORY.get(JAVA_LONG_UNALIGNED, a) ^ MEMORY.get(JAVA_LONG_UNALIGNED, b);
            long second = MEMORY.get(JAVA_LONG_UNALIGNED, a + 8) ^ MEMORY.get(JAVA_LONG_UNALIGNED, b + 8);
            return (first | second) == 0;
        }

        @Override
        void forget() {
            expanded.fill((byte) 0);
            context.fill((byte) 0);
        }
    }
}
