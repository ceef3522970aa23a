// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.SecretBytes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Remembers what an engine seals, so that a test can read its messages without their keys. */
final class TappedCrypto extends ForwardingCrypto {

    private final Map<ByteBuffer, byte[]> plainByTag = new HashMap<>();

    TappedCrypto(CryptoProvider real) {
        super(real);
    }

    /** What the sealed message that ends with its tag holds; empty if this engine has not sealed it. */
    Optional<byte[]> plain(byte[] message) {
        return Optional.ofNullable(plainByTag.get(tag(message, message.length)));
    }

    private static ByteBuffer tag(byte[] bytes, int end) {
        return ByteBuffer.wrap(Arrays.copyOfRange(bytes, end - Aead.TAG_LENGTH, end));
    }

    @Override
    public Aead aead(AeadAlgorithm algorithm, SecretBytes key) {
        Aead real = super.aead(algorithm, key);
        return new Aead() {
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
                byte[] plain = Arrays.copyOfRange(in, inOffset, inOffset + length);
                real.seal(nonce, aad, aadOffset, aadLength, in, inOffset, length, out, outOffset);
                plainByTag.put(tag(out, outOffset + length + TAG_LENGTH), plain);
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
                return real.open(nonce, aad, aadOffset, aadLength, in, inOffset, length, out, outOffset);
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
                real.sealTo(nonce, aad, aadLength, in, inOffset, length, out, outOffset);
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
                return real.openFrom(nonce, aad, aadLength, in, inOffset, length, out, outOffset);
            }

            @Override
            public void close() {
                real.close();
            }
        };
    }
}
