// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A read-only view of one IP packet inside a byte array. Flyweight: one instance per thread is wrapped around packet
 * after packet; nothing is copied and nothing allocated except by {@link #source} and {@link #destination}.
 *
 * <p>Shape: IPv4 (RFC 791) or IPv6 (RFC 8200) with its extension headers walked. Errors: {@link #wrap} says false for
 * anything that is not a whole, well-formed header; the accessors are then undefined.
 */
public final class IpView {

    public static final int ICMP = 1;
    public static final int TCP = 6;
    public static final int UDP = 17;
    public static final int ICMPV6 = 58;

    private static final int V4_HEADER = 20;
    private static final int V6_HEADER = 40;
    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int AUTHENTICATION = 51;
    private static final int DESTINATION_OPTIONS = 60;
    /** More extension headers than any sender has reason for; bounds the walk. */
    private static final int MAX_EXTENSIONS = 8;

    private static final VarHandle SHORTS = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] bytes = new byte[0];
    private int offset;
    private int version;
    private int totalLength;
    private int protocol;
    private int l4Offset;
    private int fragmentOffset;
    private boolean fragment;

    /** Points the view at a packet; {@code length} is what is there, the packet may be shorter. */
    public boolean wrap(byte[] packet, int packetOffset, int length) {
        bytes = packet;
        offset = packetOffset;
        if (length < V4_HEADER) {
            return false;
        }
        version = (packet[packetOffset] & 0xF0) >>> 4;
        return version == 4 ? wrapV4(length) : version == 6 && length >= V6_HEADER && wrapV6(length);
    }

    private boolean wrapV4(int length) {
        int headerLength = (bytes[offset] & 0x0F) * 4;
        totalLength = u16(offset + 2);
        if (headerLength < V4_HEADER || totalLength < headerLength || totalLength > length) {
            return false;
        }
        int flags = u16(offset + 6);
        fragmentOffset = (flags & 0x1FFF) * 8;
        fragment = (flags & 0x3FFF) != 0;
        protocol = bytes[offset + 9] & 0xFF;
        l4Offset = offset + headerLength;
        return true;
    }

    private boolean wrapV6(int length) {
        totalLength = V6_HEADER + u16(offset + 4);
        if (totalLength > length) {
            return false;
        }
        int end = offset + totalLength;
        int next = bytes[offset + 6] & 0xFF;
        int position = offset + V6_HEADER;
        fragment = false;
        fragmentOffset = 0;
        for (int i = 0; i < MAX_EXTENSIONS && isExtension(next); i++) {
            if (end - position < 8) {
                return false;
            }
            int size = next == FRAGMENT
                    ? 8
                    : next == AUTHENTICATION
                            ? ((bytes[position + 1] & 0xFF) + 2) * 4
                            : ((bytes[position + 1] & 0xFF) + 1) * 8;
            if (next == FRAGMENT) {
                fragment = true;
                fragmentOffset = u16(position + 2) & 0xFFF8;
            }
            next = bytes[position] & 0xFF;
            position += size;
            if (position > end) {
                return false;
            }
            if (fragmentOffset > 0) {
                break; // what follows is data from the middle of the packet
            }
        }
        protocol = next;
        l4Offset = position;
        return true;
    }

    private static boolean isExtension(int header) {
        return header == HOP_BY_HOP
                || header == ROUTING
                || header == FRAGMENT
                || header == AUTHENTICATION
                || header == DESTINATION_OPTIONS;
    }

    /** 4 or 6. */
    public int version() {
        return version;
    }

    public int offset() {
        return offset;
    }

    /** Length of the packet by its own header, in bytes. */
    public int totalLength() {
        return totalLength;
    }

    /** The upper-layer protocol behind all extension headers. */
    public int protocol() {
        return protocol;
    }

    /** Where the upper layer starts, as an offset of the array. */
    public int l4Offset() {
        return l4Offset;
    }

    public int l4Length() {
        return offset + totalLength - l4Offset;
    }

    public boolean isFragment() {
        return fragment;
    }

    /** A fragment that holds no upper-layer header. */
    public boolean isLaterFragment() {
        return fragmentOffset > 0;
    }

    /** False for ICMP and for fragments other than the first. */
    public boolean hasPorts() {
        return fragmentOffset == 0 && l4Length() >= 4 && (protocol == TCP || protocol == UDP || protocol == 132);
    }

    /** Only where {@link #hasPorts}. */
    public int sourcePort() {
        return u16(l4Offset);
    }

    /** Only where {@link #hasPorts}. */
    public int destinationPort() {
        return u16(l4Offset + 2);
    }

    /** DSCP and ECN: the IPv4 type of service or the IPv6 traffic class. */
    public int trafficClass() {
        return version == 4 ? bytes[offset + 1] & 0xFF : u16(offset) >>> 4 & 0xFF;
    }

    public IpAddress source() {
        return new IpAddress(version, sourceHigh(), sourceLow());
    }

    public IpAddress destination() {
        return new IpAddress(version, destinationHigh(), destinationLow());
    }

    /** The upper 64 bits as in {@link IpAddress#high}. */
    public long sourceHigh() {
        return version == 4 ? 0 : i64(offset + 8);
    }

    public long sourceLow() {
        return version == 4 ? u32(offset + 12) : i64(offset + 16);
    }

    public long destinationHigh() {
        return version == 4 ? 0 : i64(offset + 24);
    }

    public long destinationLow() {
        return version == 4 ? u32(offset + 16) : i64(offset + 32);
    }

    private int u16(int at) {
        return (short) SHORTS.get(bytes, at) & 0xFFFF;
    }

    private long u32(int at) {
        return (int) INTS.get(bytes, at) & 0xFFFF_FFFFL;
    }

    private long i64(int at) {
        return (long) LONGS.get(bytes, at);
    }
}
