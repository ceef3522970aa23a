// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.packet;

import io.vpnmesh.core.net.Checksum;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.core.net.UdpPacket;
import java.nio.ByteBuffer;

/** Inner packets for tests. */
public final class Packets {

    public static final int SYN = 2;
    public static final int ACK = 16;

    private static final byte[] MSS_1400 = {2, 4, 0x05, 0x78};

    private Packets() {}

    public static byte[] udp(String from, int fromPort, String to, int toPort) {
        return UdpPacket.build(IpAddress.parse(from), fromPort, IpAddress.parse(to), toPort, new byte[] {1, 2, 3});
    }

    /** A segment with an MSS option of 1400 and right checksums. */
    public static byte[] tcp(String from, int fromPort, String to, int toPort, int flags) {
        ByteBuffer segment = ByteBuffer.allocate(24);
        segment.putShort((short) fromPort).putShort((short) toPort).putInt(1).putInt(2);
        segment.put((byte) 0x60)
                .put((byte) flags)
                .putShort((short) 1000)
                .putInt(0)
                .put(MSS_1400);
        return packet(from, to, IpView.TCP, segment.array(), 16);
    }

    public static byte[] echo(String from, String to, int type, int identifier) {
        ByteBuffer message = ByteBuffer.allocate(8);
        message.put((byte) type)
                .put((byte) 0)
                .putShort((short) 0)
                .putShort((short) identifier)
                .putShort((short) 1);
        return packet(from, to, IpAddress.parse(from).isV4() ? IpView.ICMP : IpView.ICMPV6, message.array(), 2);
    }

    /** "Port unreachable" or its like for a packet that was sent the other way. */
    public static byte[] icmpError(String from, String to, byte[] quoted) {
        ByteBuffer message = ByteBuffer.allocate(8 + quoted.length);
        message.put((byte) 3).put((byte) 3).putShort((short) 0).putInt(0).put(quoted);
        return packet(from, to, IpView.ICMP, message.array(), 2);
    }

    private static byte[] packet(String from, String to, int protocol, byte[] transport, int checksumAt) {
        IpAddress source = IpAddress.parse(from);
        IpAddress destination = IpAddress.parse(to);
        boolean pseudo = protocol != IpView.ICMP;
        long start = pseudo ? Checksum.pseudoHeader(source, destination, protocol, transport.length) : 0;
        ByteBuffer.wrap(transport)
                .putShort(checksumAt, (short) Checksum.fold(Checksum.add(start, transport, 0, transport.length)));
        int header = source.isV4() ? 20 : 40;
        ByteBuffer packet = ByteBuffer.allocate(header + transport.length);
        if (source.isV4()) {
            packet.putShort((short) 0x4500).putShort((short) packet.capacity()).putInt(0x4000);
            packet.put((byte) 64).put((byte) protocol).putShort((short) 0);
        } else {
            packet.putInt(6 << 28)
                    .putShort((short) transport.length)
                    .put((byte) protocol)
                    .put((byte) 64);
        }
        packet.put(source.bytes()).put(destination.bytes()).put(transport);
        if (source.isV4()) {
            packet.putShort(10, (short) Checksum.fold(Checksum.add(0, packet.array(), 0, 20)));
        }
        return packet.array();
    }

    /** The transport checksum over the whole packet; 0 when right. */
    public static int transportError(byte[] packet) {
        IpView ip = new IpView();
        ip.wrap(packet, 0, packet.length);
        long start = ip.protocol() == IpView.ICMP
                ? 0
                : Checksum.pseudoHeader(ip.source(), ip.destination(), ip.protocol(), ip.l4Length());
        return Checksum.fold(Checksum.add(start, packet, ip.l4Offset(), ip.l4Length()));
    }

    public static PacketHeader parsed(byte[] packet) {
        PacketHeader header = new PacketHeader();
        if (!header.parse(packet, 0, packet.length)) {
            throw new IllegalArgumentException("not a packet");
        }
        return header;
    }
}
