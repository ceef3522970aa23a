// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.train;

import static io.vpnmesh.sidecar.train.HeaderBytes.put16;
import static io.vpnmesh.sidecar.train.HeaderBytes.put32;
import static io.vpnmesh.sidecar.train.HeaderBytes.u16;

import io.vpnmesh.core.net.Checksum;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.transport.tun.VnetHeader;

/**
 * Cuts what a TUN hands over into packets as a wire carries them, the way the kernel would have done it: TCP and UDP over
 * IPv4 and IPv6, with options and extension headers.
 *
 * <p>Shape:  {@code virtio_net_hdr 10 | IP packet} becomes packet after packet in the same array: the header of each is
 * written just in front of its payload, over the end of the one before, which must have been used by then<br>
 * Units:  bytes; {@link #begin} returns how many packets there are<br>
 * Errors: {@link #MALFORMED} and {@link #TOO_BIG}, both below zero; nothing is thrown for any bytes<br>
 * Source: RFC 9293 section 3.1, RFC 768, RFC 6864 (identification), RFC 3168 section 6.1.2 (CWR)
 *
 * <p>One owner thread; nothing is allocated.
 */
public final class Segmenter {

    /** The offload header asks for what its packet does not allow. */
    public static final int MALFORMED = -1;

    /** No cut makes it fit; the first {@link #next} makes what an answer may quote. */
    public static final int TOO_BIG = -2;

    /** IPv6 with more extensions than any sender has reason for, and the longest TCP header. */
    private static final int MAX_HEADER = 512;

    private final byte[] template = new byte[MAX_HEADER];
    private byte[] buffer = template;
    private int packet;
    private boolean whole;
    private boolean v4;
    private boolean tcp;
    private boolean unchecked;
    private int transport;
    private int headerLength;
    private int payloadLength;
    private int size;
    private int count;
    private int index;
    private int identification;
    private int sequence;
    private int flags;
    private int ipSum;
    private int transportSum;
    private int length;
    private int offset;

    /**
     * Looks at a frame.
     *
     * @param at where its virtio_net_hdr begins
     * @param packetLength bytes behind that header
     * @param ip the packet behind that header, wrapped well, of exactly that length
     * @param limit bytes that the path carries: TCP is cut smaller than it asked for, everything else is too big
     */
    public int begin(byte[] frame, int at, int packetLength, IpView ip, int limit) {
        buffer = frame;
        packet = at + VnetHeader.BYTES;
        index = 0;
        int kind = VnetHeader.kind(frame, at);
        boolean partial = VnetHeader.needsChecksum(frame, at);
        if (kind == VnetHeader.NONE) {
            return single(partial, at, packetLength, limit);
        }
        whole = false;
        v4 = ip.version() == 4;
        tcp = ip.protocol() == IpView.TCP;
        if (!fits(kind, ip) || !measure(ip, packetLength, VnetHeader.segmentSize(frame, at), limit)) {
            return MALFORMED;
        }
        int field = tcp ? HeaderBytes.TCP_CHECKSUM : HeaderBytes.UDP_CHECKSUM;
        unchecked = !partial && !tcp && v4 && u16(frame, packet + transport + field) == 0;
        int pseudo;
        if (partial) {
            if (VnetHeader.checksumStart(frame, at) != transport || VnetHeader.checksumOffset(frame, at) != field) {
                return MALFORMED;
            }
            // From the field, not the addresses: behind a routing header the sum is over the final destination.
            pseudo = HeaderBytes.plus(u16(frame, packet + transport + field), ~(packetLength - transport) & 0xFFFF);
        } else {
            pseudo = HeaderBytes.pseudo(frame, packet, v4, ip.protocol());
            if (!unchecked && !isRight(pseudo, packetLength - transport)) {
                return MALFORMED;
            }
        }
        keepHeader(pseudo);
        return headerLength + Math.min(size, payloadLength) > limit ? TOO_BIG : count;
    }

    /** About how many packets a frame is, by its offload header alone. */
    public static int packets(byte[] frame, int at, int packetLength) {
        int each = VnetHeader.segmentSize(frame, at);
        return VnetHeader.kind(frame, at) == VnetHeader.NONE || each == 0 ? 1 : 1 + (packetLength - 1) / each;
    }

    private int single(boolean partial, int at, int packetLength, int limit) {
        whole = true;
        count = 1;
        offset = packet;
        length = packetLength;
        if (partial) {
            int start = VnetHeader.checksumStart(buffer, at);
            int field = start + VnetHeader.checksumOffset(buffer, at);
            if (field + 2 > packetLength) {
                return MALFORMED;
            }
            int checksum = Checksum.fold(Checksum.add(0, buffer, packet + start, packetLength - start));
            // As the kernel does for every protocol: to UDP a zero would say that there is none (RFC 768).
            put16(buffer, packet + field, checksum == 0 ? 0xFFFF : checksum);
        }
        return packetLength > limit ? TOO_BIG : 1;
    }

    private static boolean fits(int kind, IpView ip) {
        if (ip.isFragment()) {
            return false;
        }
        return switch (kind) {
            case VnetHeader.TCP_V4 -> ip.version() == 4 && ip.protocol() == IpView.TCP;
            case VnetHeader.TCP_V6 -> ip.version() == 6 && ip.protocol() == IpView.TCP;
            case VnetHeader.UDP -> ip.protocol() == IpView.UDP;
            default -> false;
        };
    }

    private boolean measure(IpView ip, int packetLength, int segmentSize, int limit) {
        transport = ip.l4Offset() - packet;
        int available = packetLength - transport;
        if (available < (tcp ? HeaderBytes.TCP_HEADER : HeaderBytes.UDP_HEADER)) {
            return false;
        }
        int header = tcp ? (buffer[packet + transport + HeaderBytes.TCP_FLAGS] >> 4 & 0xF) * 4 : HeaderBytes.UDP_HEADER;
        headerLength = transport + header;
        payloadLength = packetLength - headerLength;
        size = tcp ? Math.min(segmentSize, limit - headerLength) : segmentSize;
        if ((tcp && header < HeaderBytes.TCP_HEADER) || payloadLength <= 0 || size <= 0 || headerLength > MAX_HEADER) {
            return false;
        }
        count = (payloadLength + size - 1) / size;
        return true;
    }

    private boolean isRight(int pseudo, int transportLength) {
        long start = HeaderBytes.plus(pseudo, transportLength);
        return Checksum.fold(Checksum.add(start, buffer, packet + transport, transportLength)) == 0;
    }

    /** Keeps what all packets share, with zeros where they differ, and the sums over it. */
    private void keepHeader(int pseudo) {
        System.arraycopy(buffer, packet, template, 0, headerLength);
        if (v4) {
            identification = u16(template, HeaderBytes.V4_ID);
            put16(template, HeaderBytes.V4_LENGTH, 0);
            put16(template, HeaderBytes.V4_ID, 0);
            put16(template, HeaderBytes.V4_CHECKSUM, 0);
            ipSum = HeaderBytes.sum(template, 0, transport);
        }
        if (tcp) {
            sequence = HeaderBytes.i32(template, transport + HeaderBytes.TCP_SEQUENCE);
            flags = u16(template, transport + HeaderBytes.TCP_FLAGS);
            put32(template, transport + HeaderBytes.TCP_SEQUENCE, 0);
            put16(template, transport + HeaderBytes.TCP_FLAGS, 0);
            put16(template, transport + HeaderBytes.TCP_CHECKSUM, 0);
        } else {
            put16(template, transport + HeaderBytes.UDP_LENGTH, 0);
            put16(template, transport + HeaderBytes.UDP_CHECKSUM, 0);
        }
        transportSum = HeaderBytes.plus(pseudo, HeaderBytes.sum(template, transport, headerLength - transport));
    }

    /** Makes the next packet; call it once for each. What the one before was made of is gone then. */
    public void next() {
        if (whole) {
            return;
        }
        int done = index * size;
        int bytes = Math.min(size, payloadLength - done);
        offset = packet + done;
        length = headerLength + bytes;
        System.arraycopy(template, 0, buffer, offset, headerLength);
        if (v4) {
            int id = identification + index & 0xFFFF;
            put16(buffer, offset + HeaderBytes.V4_LENGTH, length);
            put16(buffer, offset + HeaderBytes.V4_ID, id);
            put16(buffer, offset + HeaderBytes.V4_CHECKSUM, Checksum.fold((long) ipSum + length + id));
        } else {
            put16(buffer, offset + HeaderBytes.V6_LENGTH, length - HeaderBytes.V6_HEADER);
        }
        long start = (long) transportSum + length - transport;
        if (tcp) {
            tcp(start, done, bytes);
        } else {
            udp(start, bytes);
        }
        index++;
    }

    private void tcp(long start, int done, int bytes) {
        int at = offset + transport;
        int number = sequence + done;
        int word = flags;
        if (index > 0) {
            word &= ~HeaderBytes.CWR;
        }
        if (index < count - 1) {
            word &= ~(HeaderBytes.FIN | HeaderBytes.PSH);
        }
        put32(buffer, at + HeaderBytes.TCP_SEQUENCE, number);
        put16(buffer, at + HeaderBytes.TCP_FLAGS, word);
        long sum = start + (number >>> 16) + (number & 0xFFFF) + word;
        put16(buffer, at + HeaderBytes.TCP_CHECKSUM, fold(sum, bytes));
    }

    private void udp(long start, int bytes) {
        int at = offset + transport;
        put16(buffer, at + HeaderBytes.UDP_LENGTH, length - transport);
        if (!unchecked) {
            int checksum = fold(start + length - transport, bytes);
            put16(buffer, at + HeaderBytes.UDP_CHECKSUM, checksum == 0 ? 0xFFFF : checksum);
        }
    }

    private int fold(long sum, int bytes) {
        return Checksum.fold(Checksum.add(sum, buffer, offset + headerLength, bytes));
    }

    /** Where the packet that {@link #next} has made begins. */
    public int offset() {
        return offset;
    }

    /** Its length in bytes. */
    public int length() {
        return length;
    }

    /** How many packets there are in all; after {@link #begin}, unless that said {@link #MALFORMED}. */
    public int count() {
        return count;
    }
}
