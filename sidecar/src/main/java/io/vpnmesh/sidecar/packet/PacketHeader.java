// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.packet;

import io.vpnmesh.core.net.IpView;

/**
 * What the packet threads need to know of one inner packet beyond its IP header; a reusable view, one per thread.
 *
 * <p>Ports are those of TCP, UDP and SCTP, and the identifier of ICMP echo as both. Without ports (other protocols,
 * later fragments) they are 0.
 */
public final class PacketHeader {

    public static final int SCTP = 132;

    /** Every transport header here has at least so many bytes in front of its data. */
    private static final int MIN_L4 = 8;

    private static final int TCP_FLAGS = 13;
    private static final int TCP_SYN = 2;
    private static final int TCP_ACK = 16;

    private static final int ICMP_ECHO_REPLY = 0;
    private static final int ICMP_ECHO_REQUEST = 8;
    private static final int ICMPV6_ECHO_REQUEST = 128;
    private static final int ICMPV6_ECHO_REPLY = 129;

    private final IpView ip = new IpView();
    private int icmpType;
    private int sourcePort;
    private int destinationPort;
    private int tcpFlags;
    private boolean laterFragment;

    /** Reads the packet of exactly this length at {@code offset}. Returns false for anything else. */
    public boolean parse(byte[] buffer, int offset, int length) {
        return ip.wrap(buffer, offset, length) && ip.totalLength() == length && parseTransport(buffer);
    }

    private boolean parseTransport(byte[] buffer) {
        sourcePort = 0;
        destinationPort = 0;
        icmpType = -1;
        tcpFlags = 0;
        laterFragment = ip.isLaterFragment();
        if (laterFragment) {
            return true;
        }
        int at = ip.l4Offset();
        int available = ip.l4Length();
        switch (ip.protocol()) {
            case IpView.TCP, IpView.UDP, SCTP -> {
                if (available < MIN_L4) {
                    return false;
                }
                sourcePort = u16(buffer, at);
                destinationPort = u16(buffer, at + 2);
                if (ip.protocol() == IpView.TCP && available > TCP_FLAGS) {
                    tcpFlags = buffer[at + TCP_FLAGS] & 0xFF;
                }
            }
            case IpView.ICMP, IpView.ICMPV6 -> {
                if (available < MIN_L4) {
                    return false;
                }
                icmpType = buffer[at] & 0xFF;
                if (isEchoRequest() || isEchoReply()) {
                    sourcePort = u16(buffer, at + 4);
                    destinationPort = sourcePort;
                }
            }
            default -> {
                return true;
            }
        }
        return true;
    }

    public IpView ip() {
        return ip;
    }

    public int protocol() {
        return ip.protocol();
    }

    public int sourcePort() {
        return sourcePort;
    }

    public int destinationPort() {
        return destinationPort;
    }

    /** A fragment that does not hold the transport header. */
    public boolean isLaterFragment() {
        return laterFragment;
    }

    public boolean isTcpSyn() {
        return ip.protocol() == IpView.TCP && (tcpFlags & TCP_SYN) != 0;
    }

    /** The first segment of a TCP connection. */
    public boolean opensTcp() {
        return ip.protocol() == IpView.TCP && (tcpFlags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
    }

    public boolean isEchoRequest() {
        return (ip.protocol() == IpView.ICMP && icmpType == ICMP_ECHO_REQUEST)
                || (ip.protocol() == IpView.ICMPV6 && icmpType == ICMPV6_ECHO_REQUEST);
    }

    public boolean isEchoReply() {
        return (ip.protocol() == IpView.ICMP && icmpType == ICMP_ECHO_REPLY)
                || (ip.protocol() == IpView.ICMPV6 && icmpType == ICMPV6_ECHO_REPLY);
    }

    /** An ICMP error that quotes a packet behind its 8 bytes of header (RFC 792, RFC 4443 section 2.1). */
    public boolean isIcmpError() {
        return (ip.protocol() == IpView.ICMP && (icmpType == 3 || icmpType == 11 || icmpType == 12))
                || (ip.protocol() == IpView.ICMPV6 && icmpType >= 1 && icmpType <= 4);
    }

    static int u16(byte[] buffer, int at) {
        return (buffer[at] & 0xFF) << 8 | (buffer[at + 1] & 0xFF);
    }
}
