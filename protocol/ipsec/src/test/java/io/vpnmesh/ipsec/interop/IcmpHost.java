// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import io.vpnmesh.core.net.Checksum;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.core.wire.WireWriter;
import java.util.Arrays;
import java.util.Optional;

/** As much of a host as echo needs (RFC 792). */
final class IcmpHost {

    private static final int ECHO_REPLY = 0;
    private static final int ECHO_REQUEST = 8;

    private final IpAddress address;
    private int sequence;

    IcmpHost(IpAddress address) {
        this.address = address;
    }

    byte[] echoRequest(IpAddress to) {
        WireWriter icmp = new WireWriter();
        icmp.u8(ECHO_REQUEST).u8(0).u16(0).u16(0x4242).u16(++sequence).zeros(32);
        return packet(to, icmp.toByteArray());
    }

    boolean isEchoReply(IpView packet, byte[] buffer) {
        return packet.protocol() == IpView.ICMP && buffer[packet.l4Offset()] == ECHO_REPLY;
    }

    /** The reply to an echo request; empty for anything else. */
    Optional<byte[]> answer(IpView packet, byte[] buffer) {
        if (packet.protocol() != IpView.ICMP || buffer[packet.l4Offset()] != ECHO_REQUEST) {
            return Optional.empty();
        }
        byte[] icmp = Arrays.copyOfRange(buffer, packet.l4Offset(), packet.l4Offset() + packet.l4Length());
        icmp[0] = ECHO_REPLY;
        icmp[2] = 0;
        icmp[3] = 0;
        return Optional.of(packet(packet.source(), icmp));
    }

    private byte[] packet(IpAddress to, byte[] icmp) {
        int sum = Checksum.fold(Checksum.add(0, icmp, 0, icmp.length));
        icmp[2] = (byte) (sum >>> 8);
        icmp[3] = (byte) sum;
        WireWriter packet = new WireWriter();
        packet.u16(0x4500)
                .u16(20 + icmp.length)
                .u16(0)
                .u16(0x4000)
                .u8(64)
                .u8(IpView.ICMP)
                .u16(0);
        packet.bytes(address.bytes()).bytes(to.bytes());
        packet.patchU16(10, Checksum.fold(Checksum.add(0, packet.toByteArray(), 0, 20)));
        return packet.bytes(icmp).toByteArray();
    }
}
