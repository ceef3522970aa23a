// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.tun;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * struct virtio_net_hdr in front of each packet of a TUN: what the kernel has left for us to do with a packet that we
 * read, and what it shall do with one that we write.
 *
 * <p>Shape: {@code flags 1 | kind 1 | header length 2 | segment size 2 | checksum start 2 | checksum offset 2}, 10 bytes in
 * the byte order of the machine, which is little-endian here. Offsets count from the start of the IP packet.<br>
 * Errors: none; whether the numbers fit the packet is for the caller to check.<br>
 * Source: virtio 1.2 section 5.1.6, linux/virtio_net.h.
 */
public final class VnetHeader {

    /** sizeof(struct virtio_net_hdr). */
    public static final int BYTES = 10;

    /** A packet as a wire carries it. */
    public static final int NONE = 0;

    /** TCP over IPv4 that is longer than its segment size. */
    public static final int TCP_V4 = 1;

    public static final int TCP_V6 = 4;

    /** UDP datagrams of one flow and length behind one header, over either IP (Linux 6.2). */
    public static final int UDP = 5;

    private static final int NEEDS_CHECKSUM = 1;

    /** The first segment says CWR (RFC 3168), the others must not. */
    private static final int ECN = 0x80;

    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private VnetHeader() {}

    /** Whether the transport checksum holds only the sum of the pseudo-header yet. */
    public static boolean needsChecksum(byte[] buffer, int at) {
        return (buffer[at] & NEEDS_CHECKSUM) != 0;
    }

    /** {@link #NONE}, {@link #TCP_V4}, {@link #TCP_V6}, {@link #UDP}, or a number that we never asked for. */
    public static int kind(byte[] buffer, int at) {
        return buffer[at + 1] & 0xFF & ~ECN;
    }

    /** Bytes of payload in each segment but the last. */
    public static int segmentSize(byte[] buffer, int at) {
        return u16(buffer, at + 4);
    }

    public static int checksumStart(byte[] buffer, int at) {
        return u16(buffer, at + 6);
    }

    public static int checksumOffset(byte[] buffer, int at) {
        return u16(buffer, at + 8);
    }

    /** Nothing is left to do. */
    public static void clear(byte[] buffer, int at) {
        Arrays.fill(buffer, at, at + BYTES, (byte) 0);
    }

    /**
     * A packet of several segments whose checksum field holds the sum of the pseudo-header.
     *
     * @param kind {@link #TCP_V4}, {@link #TCP_V6} or {@link #UDP}
     * @param cwr whether the first segment says CWR
     * @param headerLength bytes of all headers together
     */
    public static void write(
            byte[] buffer,
            int at,
            int kind,
            boolean cwr,
            int headerLength,
            int segmentSize,
            int checksumStart,
            int checksumOffset) {
        buffer[at] = NEEDS_CHECKSUM;
        buffer[at + 1] = (byte) (cwr ? kind | ECN : kind);
        SHORTS.set(buffer, at + 2, (short) headerLength);
        SHORTS.set(buffer, at + 4, (short) segmentSize);
        SHORTS.set(buffer, at + 6, (short) checksumStart);
        SHORTS.set(buffer, at + 8, (short) checksumOffset);
    }

    private static int u16(byte[] buffer, int at) {
        return (short) SHORTS.get(buffer, at) & 0xFFFF;
    }
}
