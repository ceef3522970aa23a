// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.net;

import io.vpnmesh.core.wire.WireWriter;

/** Builds whole UDP packets for what our own peers say to each other inside ESP (RFC 768, RFC 791, RFC 8200). */
public final class UdpPacket {

    private static final int UDP_HEADER = 8;
    private static final int HOP_LIMIT = 64;

    private UdpPacket() {}

    /**
     * An IP packet with one UDP datagram, checksums filled in.
     *
     * <p>Errors: IllegalArgumentException for mixed families or a payload beyond 65,507 bytes.
     */
    public static byte[] build(
            IpAddress source, int sourcePort, IpAddress destination, int destinationPort, byte[] payload) {
        if (source.family() != destination.family()) {
            throw new IllegalArgumentException("mixed families: " + source + " and " + destination);
        }
        if (payload.length > 65_507) {
            throw new IllegalArgumentException("UDP payload of " + payload.length + " bytes");
        }
        int udpLength = UDP_HEADER + payload.length;
        WireWriter packet = new WireWriter(40 + udpLength);
        int ipLength = source.isV4() ? v4Header(packet, source, destination, udpLength) : 40;
        if (!source.isV4()) {
            packet.i32(6 << 28).u16(udpLength).u8(IpView.UDP).u8(HOP_LIMIT);
            packet.bytes(source.bytes()).bytes(destination.bytes());
        }
        packet.u16(sourcePort).u16(destinationPort).u16(udpLength).u16(0).bytes(payload);
        byte[] bytes = packet.toByteArray();
        long sum = Checksum.pseudoHeader(source, destination, IpView.UDP, udpLength);
        int checksum = Checksum.fold(Checksum.add(sum, bytes, ipLength, udpLength));
        put16(bytes, ipLength + 6, checksum == 0 ? 0xFFFF : checksum); // zero means "none" (RFC 768)
        return bytes;
    }

    private static int v4Header(WireWriter packet, IpAddress source, IpAddress destination, int udpLength) {
        // Identification 0 with DF set is right for a packet that never fragments (RFC 6864 section 4.1).
        packet.u16(0x4500).u16(20 + udpLength).u16(0).u16(0x4000);
        packet.u8(HOP_LIMIT).u8(IpView.UDP).u16(0).bytes(source.bytes()).bytes(destination.bytes());
        packet.patchU16(10, Checksum.fold(Checksum.add(0, packet.toByteArray(), 0, 20)));
        return 20;
    }

    private static void put16(byte[] bytes, int at, int value) {
        bytes[at] = (byte) (value >>> 8);
        bytes[at + 1] = (byte) value;
    }
}
