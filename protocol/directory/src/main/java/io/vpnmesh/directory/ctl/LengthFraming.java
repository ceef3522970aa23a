// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.ctl;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a byte stream into bodies: four bytes of length, big-endian, not counting themselves. One instance per
 * connection and direction, owned by its reader.
 */
public final class LengthFraming {

    /** A snapshot of 10,000 peers has some 2 MB. */
    public static final int MAX_CTL_BYTES = 8 * 1024 * 1024;
    /** Joiners are strangers. */
    public static final int MAX_JOIN_BYTES = 64 * 1024;

    private static final int HEADER_BYTES = 4;

    private final int maxBodyBytes;
    private byte[] pending = new byte[0];
    private int length;

    public LengthFraming(int maxBodyBytes) {
        this.maxBodyBytes = maxBodyBytes;
    }

    public static byte[] frame(byte[] body) {
        return new WireWriter(HEADER_BYTES + body.length)
                .i32(body.length)
                .bytes(body)
                .toByteArray();
    }

    /** Takes the next bytes of the stream; gives back the bodies that are whole. Errors: close the connection. */
    public List<byte[]> receive(byte[] bytes, int offset, int count) throws MalformedException {
        if (pending.length - length < count) {
            pending = Arrays.copyOf(pending, Math.max(length + count, Math.min(pending.length * 2, maxBodyBytes)));
        }
        System.arraycopy(bytes, offset, pending, length, count);
        length += count;
        List<byte[]> bodies = new ArrayList<>();
        int at = 0;
        while (length - at >= HEADER_BYTES) {
            int size = ByteBuffer.wrap(pending, at, HEADER_BYTES).getInt();
            if (size < 0 || size > maxBodyBytes) {
                throw new MalformedException(at, "length", (size & 0xFFFF_FFFFL) + " is more than " + maxBodyBytes);
            }
            if (length - at - HEADER_BYTES < size) {
                break;
            }
            bodies.add(Arrays.copyOfRange(pending, at + HEADER_BYTES, at + HEADER_BYTES + size));
            at += HEADER_BYTES + size;
        }
        System.arraycopy(pending, at, pending, 0, length - at);
        length -= at;
        if (length == 0) {
            pending = new byte[0]; // idle connections hold no memory
        }
        return bodies;
    }
}
