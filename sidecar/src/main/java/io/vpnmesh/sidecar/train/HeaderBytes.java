// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.train;

import io.vpnmesh.core.net.Checksum;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Fields of IP, TCP and UDP headers by offset. */
final class HeaderBytes {

    // IPv4 (RFC 791)
    static final int V4_LENGTH = 2;
    static final int V4_ID = 4;
    static final int V4_FRAGMENT = 6;
    static final int V4_TTL = 8;
    static final int V4_CHECKSUM = 10;
    static final int V4_ADDRESSES = 12;
    static final int V4_HEADER = 20;
    static final int DONT_FRAGMENT = 0x4000;

    // IPv6 (RFC 8200)
    static final int V6_LENGTH = 4;
    static final int V6_NEXT_HEADER = 6;
    static final int V6_ADDRESSES = 8;
    static final int V6_HEADER = 40;

    // TCP (RFC 9293 section 3.1)
    static final int TCP_SEQUENCE = 4;
    static final int TCP_ACKNOWLEDGEMENT = 8;
    /** Data offset 4 bits, reserved 4, flags 8. */
    static final int TCP_FLAGS = 12;

    static final int TCP_WINDOW = 14;
    static final int TCP_CHECKSUM = 16;
    static final int TCP_URGENT = 18;
    static final int TCP_HEADER = 20;
    static final int FIN = 0x01;
    static final int PSH = 0x08;
    static final int ACK = 0x10;
    static final int ECE = 0x40;
    static final int CWR = 0x80;

    // UDP (RFC 768)
    static final int UDP_LENGTH = 4;
    static final int UDP_CHECKSUM = 6;
    static final int UDP_HEADER = 8;

    private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private HeaderBytes() {}

    static int u16(byte[] bytes, int at) {
        return (short) SHORTS.get(bytes, at) & 0xFFFF;
    }

    static void put16(byte[] bytes, int at, int value) {
        SHORTS.set(bytes, at, (short) value);
    }

    static int i32(byte[] bytes, int at) {
        return (int) INTS.get(bytes, at);
    }

    static void put32(byte[] bytes, int at, int value) {
        INTS.set(bytes, at, value);
    }

    static long i64(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    /** The sum of a range in 16 bits, not complemented. */
    static int sum(byte[] bytes, int at, int length) {
        return ~Checksum.fold(Checksum.add(0, bytes, at, length)) & 0xFFFF;
    }

    /** Adds two sums of 16 bits. */
    static int plus(int a, int b) {
        int sum = a + b;
        return (sum & 0xFFFF) + (sum >>> 16);
    }

    /** The pseudo-header's sum without its length field, over the addresses in the IP header. */
    static int pseudo(byte[] bytes, int ip, boolean v4, int protocol) {
        int addresses = v4 ? sum(bytes, ip + V4_ADDRESSES, 8) : sum(bytes, ip + V6_ADDRESSES, 32);
        return plus(addresses, protocol);
    }
}
