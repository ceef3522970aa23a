// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.packet;

/** Lowers the maximum segment size that a TCP SYN announces (RFC 9293 section 3.7.1) to what the path carries. */
public final class MssClamp {

    private static final int IPV4_TCP_HEADERS = 40;
    private static final int IPV6_TCP_HEADERS = 60;
    private static final int TCP_HEADER = 20;
    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;
    private static final int OPTION_MSS = 2;
    private static final int CHECKSUM = 16;

    private MssClamp() {}

    /**
     * Changes the packet in place and adapts its checksum (RFC 1624). Units: {@code mtu} bytes of one inner packet;
     * returns whether anything changed.
     */
    public static boolean clamp(byte[] buffer, PacketHeader header, int mtu) {
        if (!header.isTcpSyn() || header.isLaterFragment()) {
            return false;
        }
        int tcp = header.ip().l4Offset();
        int options = tcp + TCP_HEADER;
        int end = Math.min(
                tcp + (buffer[tcp + 12] >> 4 & 0xF) * 4, tcp + header.ip().l4Length());
        int limit = mtu - (header.ip().version() == 4 ? IPV4_TCP_HEADERS : IPV6_TCP_HEADERS);
        while (options < end) {
            int kind = buffer[options];
            if (kind == OPTION_END) {
                return false;
            }
            if (kind == OPTION_NOP) {
                options++;
                continue;
            }
            if (options + 1 >= end || buffer[options + 1] < 2) {
                return false;
            }
            if (kind == OPTION_MSS && buffer[options + 1] == 4 && options + 4 <= end) {
                return lower(buffer, tcp, options + 2, limit);
            }
            options += buffer[options + 1];
        }
        return false;
    }

    private static boolean lower(byte[] buffer, int tcp, int at, int limit) {
        int announced = PacketHeader.u16(buffer, at);
        if (announced <= limit) {
            return false;
        }
        put16(buffer, at, limit);
        // An option may start at an odd offset; the checksum sees its bytes swapped then.
        boolean odd = (at - tcp & 1) != 0;
        int before = odd ? Short.toUnsignedInt(Short.reverseBytes((short) announced)) : announced;
        int after = odd ? Short.toUnsignedInt(Short.reverseBytes((short) limit)) : limit;
        int sum = (~PacketHeader.u16(buffer, tcp + CHECKSUM) & 0xFFFF) + (~before & 0xFFFF) + after;
        sum = (sum & 0xFFFF) + (sum >>> 16);
        sum = (sum & 0xFFFF) + (sum >>> 16);
        put16(buffer, tcp + CHECKSUM, ~sum & 0xFFFF);
        return true;
    }

    static void put16(byte[] buffer, int at, int value) {
        buffer[at] = (byte) (value >> 8);
        buffer[at + 1] = (byte) value;
    }
}
