// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.wire;

import java.util.Arrays;

/**
 * A bounded big-endian cursor over bytes from the network. Every read names its field, so that a failure says what was
 * missing and where.
 */
public final class WireReader {

    private final byte[] bytes;
    private final int end;
    private int position;

    public WireReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    /** Reads {@code length} bytes from {@code offset} on; the array is not copied. */
    public WireReader(byte[] bytes, int offset, int length) {
        if (offset < 0 || length < 0 || offset > bytes.length - length) {
            throw new IndexOutOfBoundsException("offset " + offset + " length " + length + " of " + bytes.length);
        }
        this.bytes = bytes;
        this.position = offset;
        this.end = offset + length;
    }

    public int position() {
        return position;
    }

    public int remaining() {
        return end - position;
    }

    public int u8(String field) throws MalformedException {
        need(1, field);
        return bytes[position++] & 0xFF;
    }

    public int u16(String field) throws MalformedException {
        need(2, field);
        int value = (bytes[position] & 0xFF) << 8 | bytes[position + 1] & 0xFF;
        position += 2;
        return value;
    }

    /** Four bytes; the caller treats the int as unsigned. */
    public int i32(String field) throws MalformedException {
        int high = u16(field);
        return high << 16 | u16(field);
    }

    public long u32(String field) throws MalformedException {
        return i32(field) & 0xFFFF_FFFFL;
    }

    /** Eight bytes; the caller treats the long as unsigned. */
    public long i64(String field) throws MalformedException {
        long high = u32(field);
        return high << 32 | u32(field);
    }

    public byte[] bytes(int length, String field) throws MalformedException {
        need(length, field);
        byte[] copy = Arrays.copyOfRange(bytes, position, position + length);
        position += length;
        return copy;
    }

    public byte[] rest() {
        byte[] copy = Arrays.copyOfRange(bytes, position, end);
        position = end;
        return copy;
    }

    public void skip(int length, String field) throws MalformedException {
        need(length, field);
        position += length;
    }

    /** A cursor over the next {@code length} bytes; this one moves past them. */
    public WireReader slice(int length, String field) throws MalformedException {
        need(length, field);
        WireReader slice = new WireReader(bytes, position, length);
        position += length;
        return slice;
    }

    public void end(String field) throws MalformedException {
        if (position != end) {
            throw new MalformedException(position, field, remaining() + " bytes too many");
        }
    }

    private void need(int length, String field) throws MalformedException {
        if (length < 0 || length > end - position) {
            throw new MalformedException(position, field, "needs " + length + " bytes, has " + remaining());
        }
    }
}
