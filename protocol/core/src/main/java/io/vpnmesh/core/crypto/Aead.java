// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import java.lang.foreign.MemorySegment;

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

    /**
     * {@link #seal} from a heap array into native memory, which is where a datagram leaves from.
     *
     * <p>Shape: {@code out} gets {@code length + 16} bytes at {@code outOffset}; {@code in} stays as it is.<br>
     * Units: {@code aadLength} bytes from the start of {@code aad}.<br>
     * Errors: IndexOutOfBoundsException where {@code out} is too small, a bug of the caller.
     */
    void sealTo(
            byte[] nonce,
            byte[] aad,
            int aadLength,
            byte[] in,
            int inOffset,
            int length,
            MemorySegment out,
            long outOffset);

    /**
     * {@link #open} from native memory, where a datagram arrives, into a heap array.
     *
     * <p>Shape: {@code length} bytes of ciphertext at {@code inOffset}, the tag of 16 behind them; {@code length} bytes at
     * {@code outOffset} are written, and none beyond them, whatever the tag says.<br>
     * Errors: false, and nothing usable in those bytes, when the tag is wrong.
     */
    boolean openFrom(
            byte[] nonce,
            byte[] aad,
            int aadLength,
            MemorySegment in,
            long inOffset,
            int length,
            byte[] out,
            int outOffset);

    /** Forgets the key as far as the implementation can. */
    @Override
    void close();
}
