// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.wire;

import java.util.Arrays;

/** A growing big-endian cursor. */
public final class WireWriter {

    private byte[] bytes;
    private int position;

    public WireWriter() {
        this(256);
    }

    public WireWriter(int capacity) {
        bytes = new byte[capacity];
    }

    public int position() {
        return position;
    }

    public WireWriter u8(int value) {
        room(1);
        bytes[position++] = (byte) value;
        return this;
    }

    public WireWriter u16(int value) {
        room(2);
        bytes[position++] = (byte) (value >>> 8);
        bytes[position++] = (byte) value;
        return this;
    }

    public WireWriter i32(int value) {
        return u16(value >>> 16).u16(value);
    }

    public WireWriter u32(long value) {
        return i32((int) value);
    }

    public WireWriter i64(long value) {
        return i32((int) (value >>> 32)).i32((int) value);
    }

    public WireWriter bytes(byte[] source) {
        return bytes(source, 0, source.length);
    }

    public WireWriter bytes(byte[] source, int offset, int length) {
        room(length);
        System.arraycopy(source, offset, bytes, position, length);
        position += length;
        return this;
    }

    public WireWriter zeros(int count) {
        room(count);
        position += count;
        return this;
    }

    /** Overwrites two bytes that were written before, for lengths known only afterwards. */
    public WireWriter patchU8(int at, int value) {
        bytes[at] = (byte) value;
        return this;
    }

    public WireWriter patchU16(int at, int value) {
        bytes[at] = (byte) (value >>> 8);
        bytes[at + 1] = (byte) value;
        return this;
    }

    public WireWriter patchI32(int at, int value) {
        return patchU16(at, value >>> 16).patchU16(at + 2, value);
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, position);
    }

    private void room(int length) {
        if (bytes.length - position < length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, position + length));
        }
    }
}
