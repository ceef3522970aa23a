// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.vpnmesh.core.crypto.Aead;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Objects;

/**
 * One key of a native library, which works on native memory by address: a packet out of an array is copied to where it
 * leaves from and sealed there; a packet that came in is opened into scratch memory and copied into the array.
 */
abstract class NativeAead implements Aead {

    private static final int AAD_AT = 16;
    private static final int MAX_AAD = 48;
    private static final int TAG_AT = AAD_AT + MAX_AAD;
    private static final int SMALL_BYTES = TAG_AT + TAG_LENGTH;
    private static final int FIRST_SCRATCH_BYTES = 2048;

    /** Nonce, additional data, room for a tag. */
    private final MemorySegment small = Arena.ofAuto().allocate(SMALL_BYTES, 64);

    private MemorySegment scratch = Arena.ofAuto().allocate(FIRST_SCRATCH_BYTES, 64);

    /** Seals {@code length} bytes in place and puts the tag behind them. */
    abstract void encrypt(long nonce, long aad, int aadLength, long data, int length);

    /** Opens {@code length} bytes, with the tag behind them; false if that is wrong. {@code tag} has room for another. */
    abstract boolean decrypt(long nonce, long aad, int aadLength, long in, int length, long out, long tag);

    /** Overwrites the key. */
    abstract void forget();

    private void prepare(byte[] nonce, byte[] aad, int aadOffset, int aadLength) {
        Objects.checkIndex(aadLength, MAX_AAD + 1);
        MemorySegment.copy(nonce, 0, small, JAVA_BYTE, 0, NONCE_LENGTH);
        MemorySegment.copy(aad, aadOffset, small, JAVA_BYTE, AAD_AT, aadLength);
    }

    private void makeRoom(int length) {
        if (scratch.byteSize() < length) {
            scratch.fill((byte) 0);
            scratch = Arena.ofAuto().allocate(Math.max(length, 2 * scratch.byteSize()), 64);
        }
    }

    private void encrypt(MemorySegment out, long offset, int length, int aadLength) {
        long address = small.address();
        try {
            encrypt(address, address + AAD_AT, aadLength, out.address() + offset, length);
        } finally {
            Reference.reachabilityFence(this); // the library knows addresses only
            Reference.reachabilityFence(out);
        }
    }

    private boolean decrypt(MemorySegment in, long offset, int length, int aadLength) {
        long address = small.address();
        try {
            return decrypt(
                    address,
                    address + AAD_AT,
                    aadLength,
                    in.address() + offset,
                    length,
                    scratch.address(),
                    address + TAG_AT);
        } finally {
            Reference.reachabilityFence(this);
            Reference.reachabilityFence(in);
        }
    }

    @Override
    public final void seal(
            byte[] nonce,
            byte[] aad,
            int aadOffset,
            int aadLength,
            byte[] in,
            int inOffset,
            int length,
            byte[] out,
            int outOffset) {
        prepare(nonce, aad, aadOffset, aadLength);
        makeRoom(length + TAG_LENGTH);
        MemorySegment.copy(in, inOffset, scratch, JAVA_BYTE, 0, length);
        encrypt(scratch, 0, length, aadLength);
        MemorySegment.copy(scratch, JAVA_BYTE, 0, out, outOffset, length + TAG_LENGTH);
    }

    @Override
    public final boolean open(
            byte[] nonce,
            byte[] aad,
            int aadOffset,
            int aadLength,
            byte[] in,
            int inOffset,
            int length,
            byte[] out,
            int outOffset) {
        prepare(nonce, aad, aadOffset, aadLength);
        makeRoom(length + TAG_LENGTH);
        MemorySegment.copy(in, inOffset, scratch, JAVA_BYTE, 0, length + TAG_LENGTH);
        if (!decrypt(scratch, 0, length, aadLength)) {
            return false;
        }
        MemorySegment.copy(scratch, JAVA_BYTE, 0, out, outOffset, length);
        return true;
    }

    @Override
    public final void sealTo(
            byte[] nonce,
            byte[] aad,
            int aadLength,
            byte[] in,
            int inOffset,
            int length,
            MemorySegment out,
            long outOffset) {
        prepare(nonce, aad, 0, aadLength);
        checkNative(out, outOffset, length);
        MemorySegment.copy(in, inOffset, out, JAVA_BYTE, outOffset, length);
        encrypt(out, outOffset, length, aadLength);
    }

    @Override
    public final boolean openFrom(
            byte[] nonce,
            byte[] aad,
            int aadLength,
            MemorySegment in,
            long inOffset,
            int length,
            byte[] out,
            int outOffset) {
        prepare(nonce, aad, 0, aadLength);
        checkNative(in, inOffset, length);
        makeRoom(length + TAG_LENGTH);
        if (!decrypt(in, inOffset, length, aadLength)) {
            return false;
        }
        MemorySegment.copy(scratch, JAVA_BYTE, 0, out, outOffset, length);
        return true;
    }

    /** The library believes every address it gets. */
    private static void checkNative(MemorySegment memory, long offset, int length) {
        if (!memory.isNative()) {
            throw new IllegalArgumentException("native memory is needed");
        }
        Objects.checkIndex(length, Integer.MAX_VALUE - TAG_LENGTH);
        Objects.checkFromIndexSize(offset, (long) length + TAG_LENGTH, memory.byteSize());
    }

    @Override
    public final void close() {
        forget();
        small.fill((byte) 0);
        scratch.fill((byte) 0);
    }
}
