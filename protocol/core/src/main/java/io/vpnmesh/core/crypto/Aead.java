// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

/**
 * One AEAD key with a 12-byte nonce and a 16-byte tag. Owned by one thread. Callers guarantee that no nonce repeats.
 *
 * <p>Implementations may keep scratch memory, so an instance costs up to twice the largest message it has opened.
 */
public interface Aead extends AutoCloseable {

    int NONCE_LENGTH = 12;
    int TAG_LENGTH = 16;

    /**
     * Writes ciphertext and tag: {@code length + 16} bytes at {@code outOffset}. In place is allowed ({@code in == out}
     * and the same offset); other overlap is not.
     *
     * @param nonce 12 bytes, free for reuse by the caller afterwards
     */
    void seal(
            byte[] nonce,
            byte[] aad,
            int aadOffset,
            int aadLength,
            byte[] in,
            int inOffset,
            int length,
            byte[] out,
            int outOffset);

    /**
     * Checks the tag behind {@code length} bytes of ciphertext and writes the plaintext. In place is allowed. False, and
     * nothing usable in {@code out}, when the tag is wrong.
     */
    boolean open(
            byte[] nonce,
            byte[] aad,
            int aadOffset,
            int aadLength,
            byte[] in,
            int inOffset,
            int length,
            byte[] out,
            int outOffset);

    /** Forgets the key as far as the implementation can. */
    @Override
    void close();
}
