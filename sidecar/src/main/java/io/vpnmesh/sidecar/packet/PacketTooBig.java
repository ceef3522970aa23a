// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.packet;

import io.vpnmesh.core.net.Checksum;
import io.vpnmesh.core.net.IpView;

/**
 * The answer to a packet that the path does not carry: ICMP "fragmentation needed" (RFC 792, RFC 1191 section 4) or
 * ICMPv6 "packet too big" (RFC 4443 section 3.2), from the packet's destination to its source.
 */
public final class PacketTooBig {

    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;
    private static final int ICMP_HEADER = 8;
    /** RFC 1812 section 4.3.2.3 and RFC 4443 section 2.4: as much as fits into the smallest packet everyone takes. */
    private static final int MAX_V4 = 576;

    private static final int MAX_V6 = 1280;

    private static final int TTL = 64;

    private PacketTooBig() {}

    /** IPv4 without "don't fragment" is for the sender's fragmentation, which the kernel did already by the route's MTU. */
    public static boolean isAnswerable(PacketHeader header) {
        return !header.isLaterFragment() && !header.isIcmpError();
    }

    /** Builds the whole IP packet. Units: {@code mtu} bytes that the sender may use. */
    public static byte[] answer(byte[] buffer, int offset, int length, PacketHeader header, int mtu) {
        return header.ip().version() == 4 ? v4(buffer, offset, length, mtu) : v6(buffer, offset, length, header, mtu);
    }

    private static byte[] v4(byte[] buffer, int offset, int length, int mtu) {
        int quoted = Math.min(length, MAX_V4 - IPV4_HEADER - ICMP_HEADER);
        byte[] packet = new byte[IPV4_HEADER + ICMP_HEADER + quoted];
        packet[0] = 0x45;
        MssClamp.put16(packet, 2, packet.length);
        packet[8] = TTL;
        packet[9] = IpView.ICMP;
        System.arraycopy(buffer, offset + 16, packet, 12, 4);
        System.arraycopy(buffer, offset + 12, packet, 16, 4);
        MssClamp.put16(packet, 10, Checksum.fold(Checksum.add(0, packet, 0, IPV4_HEADER)));
        packet[IPV4_HEADER] = 3;
        packet[IPV4_HEADER + 1] = 4;
        MssClamp.put16(packet, IPV4_HEADER + 6, mtu);
        System.arraycopy(buffer, offset, packet, IPV4_HEADER + ICMP_HEADER, quoted);
        MssClamp.put16(
                packet,
                IPV4_HEADER + 2,
                Checksum.fold(Checksum.add(0, packet, IPV4_HEADER, packet.length - IPV4_HEADER)));
        return packet;
    }

    private static byte[] v6(byte[] buffer, int offset, int length, PacketHeader header, int mtu) {
        int quoted = Math.min(length, MAX_V6 - IPV6_HEADER - ICMP_HEADER);
        byte[] packet = new byte[IPV6_HEADER + ICMP_HEADER + quoted];
        packet[0] = 0x60;
        MssClamp.put16(packet, 4, ICMP_HEADER + quoted);
        packet[6] = IpView.ICMPV6;
        packet[7] = TTL;
        System.arraycopy(buffer, offset + 24, packet, 8, 16);
        System.arraycopy(buffer, offset + 8, packet, 24, 16);
        packet[IPV6_HEADER] = 2;
        MssClamp.put16(packet, IPV6_HEADER + 4, mtu >>> 16);
        MssClamp.put16(packet, IPV6_HEADER + 6, mtu);
        System.arraycopy(buffer, offset, packet, IPV6_HEADER + ICMP_HEADER, quoted);
        long pseudo = Checksum.pseudoHeader(
                /* source= */ header.ip().destination(),
                /* destination= */ header.ip().source(),
                IpView.ICMPV6,
                ICMP_HEADER + quoted);
        MssClamp.put16(
                packet,
                IPV6_HEADER + 2,
                Checksum.fold(Checksum.add(pseudo, packet, IPV6_HEADER, ICMP_HEADER + quoted)));
        return packet;
    }
}
