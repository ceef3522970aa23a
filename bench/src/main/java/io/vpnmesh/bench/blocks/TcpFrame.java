// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.blocks;

import io.vpnmesh.core.net.Checksum;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.transport.tun.VnetHeader;
import java.util.Random;

/** A frame as a TUN hands it over: {@code virtio_net_hdr | IPv4 | TCP with timestamps | payload of several segments}. */
final class TcpFrame {

    private static final int IP_HEADER = 20;
    private static final int TCP_HEADER = 32;
    private static final int CHECKSUM_OFFSET = 16;
    private static final IpAddress FROM = IpAddress.parse("10.77.0.1");
    private static final IpAddress TO = IpAddress.parse("10.77.0.2");

    private final byte[] bytes;
    private final int length;

    /** @param width of the packets that it is to be cut into, in bytes with all headers */
    TcpFrame(int segments, int width) {
        int each = width - headerLength();
        byte[] payload = new byte[segments * each];
        new Random(1).nextBytes(payload);
        length = headerLength() + payload.length;
        WireWriter out = new WireWriter(VnetHeader.BYTES + length).zeros(VnetHeader.BYTES);
        out.u16(0x4500).u16(length).u16(1).u16(0x4000).u8(64).u8(IpView.TCP).u16(0);
        out.bytes(FROM.bytes()).bytes(TO.bytes());
        out.patchU16(
                VnetHeader.BYTES + 10, Checksum.fold(Checksum.add(0, out.toByteArray(), VnetHeader.BYTES, IP_HEADER)));
        // Ports, sequence, acknowledgement, data offset with ACK, window, checksum of the pseudo-header, urgent
        // pointer.
        out.u16(40_000).u16(5201).i32(1).i32(1).u16(TCP_HEADER / 4 << 12 | 0x10).u16(500);
        long pseudo = Checksum.pseudoHeader(FROM, TO, IpView.TCP, length - IP_HEADER);
        out.u16(~Checksum.fold(pseudo)).u16(0);
        out.u16(0x0101).u16(0x080A).i32(1000).i32(2000); // timestamps (RFC 7323)
        bytes = out.bytes(payload).toByteArray();
        VnetHeader.write(bytes, 0, VnetHeader.TCP_V4, false, headerLength(), each, IP_HEADER, CHECKSUM_OFFSET);
    }

    int headerLength() {
        return IP_HEADER + TCP_HEADER;
    }

    /** Of the packet, without the offload header. */
    int length() {
        return length;
    }

    /** A copy. */
    byte[] bytes() {
        return bytes.clone();
    }
}
