// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.crypto.Prf;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.crypto.SignatureScheme;
import io.vpnmesh.core.crypto.Signer;
import io.vpnmesh.core.wire.MalformedException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Random;

/**
 * Primitives of the right shape and of no strength, so that a simulation spends its time on the protocol and one seed
 * always gives the same bytes. Every output depends on every input bit: sides that disagree find out.
 */
final class CheapCrypto implements CryptoProvider, Signer {

    private static final long[] STATE = {
        0x243F6A8885A308D3L, 0x13198A2E03707344L, 0xA4093822299F31D0L, 0x082EFA98EC4E6C89L
    };

    private final Random random;

    CheapCrypto(long seed) {
        random = new Random(seed);
    }

    private static long mix(long value) {
        long x = (value ^ value >>> 32) * 0xD6E8FEB86659FD93L;
        x = (x ^ x >>> 32) * 0xD6E8FEB86659FD93L;
        return x ^ x >>> 32;
    }

    /** Four words over all parts and their lengths, stretched to {@code length} bytes. */
    private static byte[] hash(int length, byte[]... parts) {
        long[] s = STATE.clone();
        for (byte[] part : parts) {
            absorb(s, part, 0, part.length);
        }
        return squeeze(s, length);
    }

    private static void absorb(long[] s, byte[] part, int offset, int length) {
        ByteBuffer words = ByteBuffer.wrap(part, offset, length);
        int lane = 0;
        s[3] = mix(s[3] ^ length);
        while (words.remaining() >= 8) {
            s[lane & 3] = mix(s[lane & 3] ^ words.getLong()) + s[lane + 1 & 3];
            lane++;
        }
        while (words.hasRemaining()) {
            s[lane & 3] = mix(s[lane & 3] ^ words.get()) + s[lane + 1 & 3];
            lane++;
        }
        for (int i = 0; i < 4; i++) {
            s[i] = mix(s[i] + s[i + 1 & 3]);
        }
    }

    private static byte[] squeeze(long[] s, int length) {
        ByteBuffer out = ByteBuffer.allocate(length + 7 & ~7);
        for (int i = 0; out.hasRemaining(); i++) {
            out.putLong(mix(s[i & 3] + i * 0x9E3779B97F4A7C15L ^ s[i + 2 & 3]));
        }
        return Arrays.copyOf(out.array(), length);
    }

    @Override
    public Prf prf(HashAlgorithm hash) {
        return new Prf() {
            @Override
            public int length() {
                return hash.length();
            }

            @Override
            public byte[] apply(byte[] key, byte[]... parts) {
                long[] s = STATE.clone();
                absorb(s, key, 0, key.length);
                for (byte[] part : parts) {
                    absorb(s, part, 0, part.length);
                }
                return squeeze(s, hash.length());
            }
        };
    }

    @Override
    public byte[] digest(HashAlgorithm hash, byte[]... parts) {
        return hash(hash.length(), parts);
    }

    @Override
    public Aead aead(AeadAlgorithm algorithm, SecretBytes key) {
        return new CheapAead(key.expose().clone());
    }

    private byte[] fresh(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @Override
    public KeyAgreement keyAgreement(KeyMethod method) {
        byte[] own = fresh(method.initiatorLength());
        return new KeyAgreement() {
            @Override
            public KeyMethod method() {
                return method;
            }

            @Override
            public byte[] publicValue() {
                return own;
            }

            @Override
            public SecretBytes finish(byte[] peerValue) throws MalformedException {
                if (peerValue.length != method.responderLength()) {
                    throw new MalformedException(0, "public value");
                }
                return SecretBytes.owning(hash(32, own, peerValue));
            }
        };
    }

    @Override
    public KeyAgreement.Response respond(KeyMethod method, byte[] initiatorValue) throws MalformedException {
        if (initiatorValue.length != method.initiatorLength()) {
            throw new MalformedException(0, "public value");
        }
        byte[] own = fresh(method.responderLength());
        return new KeyAgreement.Response(own, SecretBytes.owning(hash(32, initiatorValue, own)));
    }

    @Override
    public Signer signer() {
        return this;
    }

    @Override
    public byte[] sign(SignatureScheme scheme, PrivateKey key, byte[]... parts) {
        return hash(64, parts);
    }

    @Override
    public boolean verify(SignatureScheme scheme, PublicKey key, byte[] signature, byte[]... parts) {
        return Arrays.equals(signature, hash(64, parts));
    }

    private record CheapAead(byte[] key) implements Aead {

        private byte[] keyStream(byte[] nonce, int length) {
            return hash(length, key, nonce);
        }

        private byte[] tag(byte[] nonce, byte[] aad, int aadOffset, int aadLength, byte[] sealed, int at, int length) {
            long[] s = STATE.clone();
            absorb(s, key, 0, key.length);
            absorb(s, nonce, 0, nonce.length);
            absorb(s, aad, aadOffset, aadLength);
            absorb(s, sealed, at, length);
            return squeeze(s, TAG_LENGTH);
        }

        @Override
        public void seal(
                byte[] nonce,
                byte[] aad,
                int aadOffset,
                int aadLength,
                byte[] in,
                int inOffset,
                int length,
                byte[] out,
                int outOffset) {
            byte[] stream = keyStream(nonce, length);
            for (int i = 0; i < length; i++) {
                out[outOffset + i] = (byte) (in[inOffset + i] ^ stream[i]);
            }
            byte[] tag = tag(nonce, aad, aadOffset, aadLength, out, outOffset, length);
            System.arraycopy(tag, 0, out, outOffset + length, TAG_LENGTH);
        }

        @Override
        public boolean open(
                byte[] nonce,
                byte[] aad,
                int aadOffset,
                int aadLength,
                byte[] in,
                int inOffset,
                int length,
                byte[] out,
                int outOffset) {
            byte[] tag = tag(nonce, aad, aadOffset, aadLength, in, inOffset, length);
            int end = inOffset + length;
            if (!Arrays.equals(tag, 0, TAG_LENGTH, in, end, end + TAG_LENGTH)) {
                return false;
            }
            byte[] stream = keyStream(nonce, length);
            for (int i = 0; i < length; i++) {
                out[outOffset + i] = (byte) (in[inOffset + i] ^ stream[i]);
            }
            return true;
        }

        @Override
        public void sealTo(
                byte[] nonce,
                byte[] aad,
                int aadLength,
                byte[] in,
                int inOffset,
                int length,
                MemorySegment out,
                long outOffset) {
            byte[] sealed = new byte[length + TAG_LENGTH];
            seal(nonce, aad, 0, aadLength, in, inOffset, length, sealed, 0);
            MemorySegment.copy(MemorySegment.ofArray(sealed), 0, out, outOffset, sealed.length);
        }

        @Override
        public boolean openFrom(
                byte[] nonce,
                byte[] aad,
                int aadLength,
                MemorySegment in,
                long inOffset,
                int length,
                byte[] out,
                int outOffset) {
            byte[] sealed = new byte[length + TAG_LENGTH];
            MemorySegment.copy(in, inOffset, MemorySegment.ofArray(sealed), 0, sealed.length);
            return open(nonce, aad, 0, aadLength, sealed, 0, length, out, outOffset);
        }

        @Override
        public void close() {
            Arrays.fill(key, (byte) 0);
        }
    }
}
