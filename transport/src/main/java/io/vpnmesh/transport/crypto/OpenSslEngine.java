// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.AeadEngine;
import io.vpnmesh.core.crypto.JdkEngine;
import io.vpnmesh.core.crypto.SecretBytes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** AES-GCM of OpenSSL from 3.0 on, through its EVP functions. Other algorithms are the JDK's. */
final class OpenSslEngine implements AeadEngine {

    static final String NAME = "openssl";

    private static final String LIBRARY = "libcrypto.so.3";
    private static final int GET_TAG = 0x10;
    private static final int SET_TAG = 0x11;
    private static final int OPENSSL_VERSION_STRING = 6;

    private final AeadEngine others = new JdkEngine();
    private final MethodHandle newContext;
    private final MethodHandle aes256;
    private final MethodHandle aes128;
    private final MethodHandle begin;
    private final MethodHandle encryptInit;
    private final MethodHandle encryptUpdate;
    private final MethodHandle encryptFinal;
    private final MethodHandle decryptInit;
    private final MethodHandle decryptUpdate;
    private final MethodHandle decryptFinal;
    private final MethodHandle control;
    private final MemorySegment free;
    private final String version;

    private OpenSslEngine(NativeLibrary library) throws UnusableEngineException {
        newContext = library.call("EVP_CIPHER_CTX_new", JAVA_LONG);
        aes256 = library.call("EVP_aes_256_gcm", JAVA_LONG);
        aes128 = library.call("EVP_aes_128_gcm", JAVA_LONG);
        begin = library.call(
                "EVP_CipherInit_ex", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
        encryptInit = init(library, "EVP_EncryptInit_ex");
        encryptUpdate = update(library, "EVP_EncryptUpdate");
        encryptFinal = end(library, "EVP_EncryptFinal_ex");
        decryptInit = init(library, "EVP_DecryptInit_ex");
        decryptUpdate = update(library, "EVP_DecryptUpdate");
        decryptFinal = end(library, "EVP_DecryptFinal_ex");
        control = library.quick("EVP_CIPHER_CTX_ctrl", JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);
        free = library.address("EVP_CIPHER_CTX_free");
        version = version(library);
    }

    /** Errors: UnusableEngineException when it is absent or lacks a function. */
    static OpenSslEngine load() throws UnusableEngineException {
        return new OpenSslEngine(NativeLibrary.load(LIBRARY));
    }

    private static MethodHandle init(NativeLibrary library, String name) throws UnusableEngineException {
        return library.quick(name, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    }

    private static MethodHandle update(NativeLibrary library, String name) throws UnusableEngineException {
        return library.quick(name, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);
    }

    private static MethodHandle end(NativeLibrary library, String name) throws UnusableEngineException {
        return library.quick(name, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    }

    private static String version(NativeLibrary library) throws UnusableEngineException {
        try {
            return NativeLibrary.text(
                    (long) library.call("OpenSSL_version", JAVA_LONG, JAVA_INT).invokeExact(OPENSSL_VERSION_STRING));
        } catch (UnusableEngineException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("native signature", e);
        }
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
        if (algorithm == AeadAlgorithm.CHACHA20_POLY1305) {
            return others.aead(algorithm, key);
        }
        if (key.length() != algorithm.keyLength()) {
            throw new IllegalArgumentException(algorithm + " needs a key of " + algorithm.keyLength() + " bytes");
        }
        return new Gcm(algorithm, key);
    }

    private final class Gcm extends NativeAead {

        private final Arena arena = Arena.ofAuto();
        private final MemorySegment length = arena.allocate(JAVA_INT);
        private final AeadAlgorithm algorithm;
        private final MemorySegment sealer;
        private final MemorySegment opener;

        Gcm(AeadAlgorithm algorithm, SecretBytes secret) {
            this.algorithm = algorithm;
            sealer = context();
            opener = context();
            try (Arena confined = Arena.ofConfined()) {
                MemorySegment key = confined.allocateFrom(JAVA_BYTE, secret.expose());
                setKey(key);
                key.fill((byte) 0);
            }
        }

        /** A context that goes, key and all, once nobody can reach this object. */
        private MemorySegment context() {
            try {
                long address = (long) newContext.invokeExact();
                if (address == 0) {
                    throw new IllegalStateException("OpenSSL has no memory for a context");
                }
                return MemorySegment.ofAddress(address).reinterpret(arena, NativeLibrary.freeing(free));
            } catch (RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("native signature", e);
            }
        }

        private void setKey(MemorySegment key) {
            try {
                long cipher = algorithm == AeadAlgorithm.AES_256_GCM
                        ? (long) aes256.invokeExact()
                        : (long) aes128.invokeExact();
                int first = (int) begin.invokeExact(sealer.address(), cipher, 0L, key.address(), 0L, 1);
                int second = (int) begin.invokeExact(opener.address(), cipher, 0L, key.address(), 0L, 0);
                check(first & second);
            } catch (RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("native signature", e);
            }
        }

        private static void check(int result) {
            if (result != 1) {
                throw new IllegalStateException("OpenSSL refused a call that cannot fail");
            }
        }

        @Override
        void encrypt(long nonce, long aad, int aadLength, long data, int bytes) {
            long context = sealer.address();
            try {
                check((int) encryptInit.invokeExact(context, 0L, 0L, 0L, nonce));
                check((int) encryptUpdate.invokeExact(context, 0L, length.address(), aad, aadLength));
                check((int) encryptUpdate.invokeExact(context, data, length.address(), data, bytes));
                check((int) encryptFinal.invokeExact(context, data + bytes, length.address()));
                check((int) control.invokeExact(context, GET_TAG, TAG_LENGTH, data + bytes));
            } catch (RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("native signature", e);
            }
        }

        @Override
        boolean decrypt(long nonce, long aad, int aadLength, long in, int bytes, long out, long tag) {
            long context = opener.address();
            try {
                check((int) decryptInit.invokeExact(context, 0L, 0L, 0L, nonce));
                check((int) decryptUpdate.invokeExact(context, 0L, length.address(), aad, aadLength));
                check((int) decryptUpdate.invokeExact(context, out, length.address(), in, bytes));
                check((int) control.invokeExact(context, SET_TAG, TAG_LENGTH, in + bytes));
                return (int) decryptFinal.invokeExact(context, out + bytes, length.address()) == 1;
            } catch (RuntimeException e) {
                throw e;
            } catch (Throwable e) {
                throw new AssertionError("native signature", e);
            }
        }

        @Override
        void forget() {
            setKey(arena.allocate(algorithm.keyLength()));
        }
    }
}
