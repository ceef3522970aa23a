// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import io.vpnmesh.core.net.IpAddress;
import java.lang.foreign.MemorySegment;

/**
 * struct in_pktinfo and in6_pktinfo as control messages: the local address of one datagram, on a socket that has them all.
 *
 * <p>Source: ip(7) IP_PKTINFO; RFC 3542 section 6 (IPV6_PKTINFO).
 */
final class PacketInfo {

    static final int IP_PKTINFO = 8;
    static final int IPV6_RECVPKTINFO = 49;
    static final int IPV6_PKTINFO = 50;

    /** CMSG_SPACE of the longer one: an address of 16 bytes, an interface index of 4. */
    static final int MAX_CMSG_SPACE = 40;

    /** in_pktinfo: interface index, the local address that an answer should have, the address in the header. */
    private static final int V4_BYTES = 12;

    private static final int V4_CMSG_SPACE = 32;
    private static final int V4_LOCAL = 4;
    private static final int V6_BYTES = 20;

    private PacketInfo() {}

    static boolean is(int level, int type) {
        return (level == MessageHeader.SOL_IPV6 && type == IPV6_PKTINFO)
                || (level == MessageHeader.SOL_IP && type == IP_PKTINFO);
    }

    static boolean isV4(MemorySegment control, long at) {
        return isInPktinfo(control, at) || (rawHigh(control, at) == 0 && rawLow(control, at) >>> 32 == 0xFFFF);
    }

    /** The upper 64 bits; 0 for IPv4. */
    static long high(MemorySegment control, long at) {
        return isInPktinfo(control, at) ? 0 : rawHigh(control, at);
    }

    /** The lower 64 bits, or the IPv4 address. */
    static long low(MemorySegment control, long at) {
        if (isInPktinfo(control, at)) {
            int address = control.get(JAVA_INT_UNALIGNED, at + MessageHeader.CMSG_HEADER_BYTES + V4_LOCAL);
            return Integer.reverseBytes(address) & 0xFFFF_FFFFL;
        }
        return isV4(control, at) ? rawLow(control, at) & 0xFFFF_FFFFL : rawLow(control, at);
    }

    private static boolean isInPktinfo(MemorySegment control, long at) {
        return MessageHeader.cmsgLevel(control, at) == MessageHeader.SOL_IP;
    }

    private static long rawHigh(MemorySegment control, long at) {
        return Long.reverseBytes(control.get(JAVA_LONG_UNALIGNED, at + MessageHeader.CMSG_HEADER_BYTES));
    }

    private static long rawLow(MemorySegment control, long at) {
        return Long.reverseBytes(control.get(JAVA_LONG_UNALIGNED, at + MessageHeader.CMSG_HEADER_BYTES + 8));
    }

    /**
     * Whether a datagram to {@code to} can be given this source. A link-local address means nothing without its
     * interface, which an {@link IpAddress} does not hold.
     */
    static boolean mayChoose(IpAddress local, IpAddress to) {
        return local.family() == to.family() && !local.isUnspecified() && (local.isV4() || !local.isLinkLocal());
    }

    /** Appends the message that makes {@code local} the source, whatever the interface; returns the offset behind it. */
    static int put(MemorySegment control, int at, IpAddress local) {
        int data = at + MessageHeader.CMSG_HEADER_BYTES;
        if (local.isV4()) {
            MessageHeader.putHeader(control, at, MessageHeader.SOL_IP, IP_PKTINFO, V4_BYTES);
            control.set(JAVA_INT_UNALIGNED, data, 0);
            control.set(JAVA_INT_UNALIGNED, data + V4_LOCAL, Integer.reverseBytes((int) local.low()));
            control.set(JAVA_INT_UNALIGNED, data + 8, 0);
            return at + V4_CMSG_SPACE;
        }
        MessageHeader.putHeader(control, at, MessageHeader.SOL_IPV6, IPV6_PKTINFO, V6_BYTES);
        control.set(JAVA_LONG_UNALIGNED, data, Long.reverseBytes(local.high()));
        control.set(JAVA_LONG_UNALIGNED, data + 8, Long.reverseBytes(local.low()));
        control.set(JAVA_INT_UNALIGNED, data + 16, 0);
        return at + MAX_CMSG_SPACE;
    }
}
