// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.train;

import static io.vpnmesh.sidecar.train.HeaderBytes.i32;
import static io.vpnmesh.sidecar.train.HeaderBytes.i64;
import static io.vpnmesh.sidecar.train.HeaderBytes.put16;
import static io.vpnmesh.sidecar.train.HeaderBytes.u16;

import io.vpnmesh.core.net.Checksum;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.transport.tun.VnetHeader;
import java.util.Arrays;

/**
 * Joins packets that continue each other into one frame for a TUN, in place: the next packet is opened so that its payload
 * lies behind that of the one before, and its header over the end of it, which is kept aside meanwhile. Frames leave in
 * the order in which packets came.
 *
 * <p>Two packets are joined when cutting the frame gives them back: one flow, the same IP header, options and extension
 * headers but for length, identification and checksum; TCP with the same acknowledgement, window, options and flags, the
 * next sequence number, and neither SYN, FIN, RST nor URG; UDP with a checksum; the same payload length, the last may be
 * shorter; PSH ends a frame, CWR begins one; no fragments. The checksums of both are right: nobody looks at them again.
 *
 * <p>Use:    {@link #openAt}, then {@link #refused}, or {@link #append}, or else {@link #detach} and {@link #keep}<br>
 * Errors: none; what may not be joined leaves as it came<br>
 * Source: the rules of {@link Segmenter}, the other way round; RFC 6864 section 4.1 (identification without meaning)
 *
 * <p>One owner thread; nothing is allocated.
 */
public final class Coalescer {

    /** Where a packet that continues no other begins. */
    public static final int PACKET_AT = VnetHeader.BYTES;

    private static final int MAX_PACKET = 65_535;

    /** The frame at its largest, and a packet as large as UDP carries behind it. */
    private static final int BUFFER_BYTES = PACKET_AT + 2 * (MAX_PACKET + 1);

    private static final int MAX_HEADER = 512;
    private static final int MAX_UDP_SEGMENTS = 64;
    private static final int FLAGS_IN_FRAMES = HeaderBytes.ACK | HeaderBytes.PSH | HeaderBytes.ECE | HeaderBytes.CWR;

    private final FrameSink sink;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    /** The headers of the frame's first packet: short ones may be covered by the next packet. */
    private final byte[] first = new byte[MAX_HEADER];

    private final byte[] covered = new byte[MAX_HEADER];
    private final byte[] uncovered = new byte[MAX_HEADER];
    private boolean joinsTcp;
    private boolean joinsUdp;

    /** Packets in the frame that may grow; 0 = none is there. */
    private int segments;

    private int length;
    private int size;
    private boolean verified;
    private boolean v4;
    private boolean tcp;
    private int transport;
    private int headerLength;
    private int nextSequence;

    /** Where the newest packet was opened, and whether its first bytes and those they covered have changed places. */
    private int openedAt = PACKET_AT;

    private boolean swapped;

    /**
     * @param joinsTcp whether the TUN takes TCP frames
     * @param joinsUdp the same for UDP
     */
    public Coalescer(FrameSink sink, boolean joinsTcp, boolean joinsUdp) {
        this.sink = sink;
        this.joinsTcp = joinsTcp;
        this.joinsUdp = joinsUdp;
    }

    /** The kernel does not take such frames after all. */
    public void stopJoining(boolean udp) {
        if (udp) {
            joinsUdp = false;
        } else {
            joinsTcp = false;
        }
    }

    public byte[] buffer() {
        return buffer;
    }

    /** Where the next packet shall be written, with room for 65,536 bytes. */
    public int openAt() {
        openedAt = PACKET_AT;
        swapped = false;
        if (segments > 0) {
            openedAt = PACKET_AT + length - headerLength;
            System.arraycopy(buffer, openedAt, covered, 0, headerLength);
        }
        return openedAt;
    }

    /** Nothing usable was written: the frame is as before. */
    public void refused() {
        if (segments > 0 && !swapped) {
            System.arraycopy(covered, 0, buffer, openedAt, headerLength);
        }
    }

    /** Joins the packet at {@link #openAt} to the frame if it continues it; if not, it is still there. */
    public boolean append(int packetLength) {
        int payload = packetLength - headerLength;
        if (segments == 0
                || payload <= 0
                || payload > size
                || length + payload > MAX_PACKET
                || !continuesIp(packetLength)
                || !(tcp ? continuesTcp() : continuesUdp(packetLength))
                || !isRight(openedAt, packetLength)) {
            return false;
        }
        int flags = tcp ? u16(buffer, openedAt + transport + HeaderBytes.TCP_FLAGS) : 0;
        swap();
        if (!verified && !isRight(PACKET_AT, length)) {
            return false;
        }
        verified = true;
        segments++;
        length += payload;
        nextSequence += payload;
        boolean pushed = (flags & HeaderBytes.PSH) != 0;
        if (pushed) {
            buffer[PACKET_AT + transport + HeaderBytes.TCP_FLAGS + 1] |= HeaderBytes.PSH;
        }
        if (pushed || payload < size || (!tcp && segments == MAX_UDP_SEGMENTS)) {
            flush();
        }
        return true;
    }

    private boolean continuesIp(int packetLength) {
        int b = openedAt;
        if (!v4) {
            return i32(first, 0) == i32(buffer, b)
                    && u16(buffer, b + HeaderBytes.V6_LENGTH) == packetLength - HeaderBytes.V6_HEADER
                    && u16(first, HeaderBytes.V6_NEXT_HEADER) == u16(buffer, b + HeaderBytes.V6_NEXT_HEADER)
                    && i64(first, 8) == i64(buffer, b + 8)
                    && i64(first, 16) == i64(buffer, b + 16)
                    && i64(first, 24) == i64(buffer, b + 24)
                    && i64(first, 32) == i64(buffer, b + 32)
                    && isSame(HeaderBytes.V6_HEADER, transport);
        }
        int fragment = u16(buffer, b + HeaderBytes.V4_FRAGMENT);
        return u16(first, 0) == u16(buffer, b)
                && u16(buffer, b + HeaderBytes.V4_LENGTH) == packetLength
                && u16(first, HeaderBytes.V4_FRAGMENT) == fragment
                && u16(first, HeaderBytes.V4_TTL) == u16(buffer, b + HeaderBytes.V4_TTL)
                && i64(first, HeaderBytes.V4_ADDRESSES) == i64(buffer, b + HeaderBytes.V4_ADDRESSES)
                && isSame(HeaderBytes.V4_HEADER, transport)
                && (fragment == HeaderBytes.DONT_FRAGMENT
                        || (u16(first, HeaderBytes.V4_ID) + segments & 0xFFFF) == u16(buffer, b + HeaderBytes.V4_ID));
    }

    private boolean continuesTcp() {
        int a = transport;
        int b = openedAt + transport;
        int before = u16(first, a + HeaderBytes.TCP_FLAGS) & ~HeaderBytes.CWR;
        int flags = u16(buffer, b + HeaderBytes.TCP_FLAGS) & ~HeaderBytes.PSH;
        return i32(first, a) == i32(buffer, b)
                && i32(buffer, b + HeaderBytes.TCP_SEQUENCE) == nextSequence
                && i32(first, a + HeaderBytes.TCP_ACKNOWLEDGEMENT) == i32(buffer, b + HeaderBytes.TCP_ACKNOWLEDGEMENT)
                && before == flags
                && u16(first, a + HeaderBytes.TCP_WINDOW) == u16(buffer, b + HeaderBytes.TCP_WINDOW)
                && u16(first, a + HeaderBytes.TCP_URGENT) == u16(buffer, b + HeaderBytes.TCP_URGENT)
                && isSame(transport + HeaderBytes.TCP_HEADER, headerLength);
    }

    private boolean continuesUdp(int packetLength) {
        int b = openedAt + transport;
        return i32(first, transport) == i32(buffer, b)
                && u16(buffer, b + HeaderBytes.UDP_LENGTH) == packetLength - transport
                && u16(buffer, b + HeaderBytes.UDP_CHECKSUM) != 0;
    }

    private boolean isSame(int from, int to) {
        return from == to || Arrays.equals(first, from, to, buffer, openedAt + from, openedAt + to);
    }

    /** Whether the checksums of a packet with the frame's kind of headers are right. */
    private boolean isRight(int at, int packetLength) {
        if (v4 && HeaderBytes.sum(buffer, at, transport) != 0xFFFF) {
            return false;
        }
        int transportLength = packetLength - transport;
        long start =
                HeaderBytes.plus(HeaderBytes.pseudo(buffer, at, v4, tcp ? IpView.TCP : IpView.UDP), transportLength);
        return Checksum.fold(Checksum.add(start, buffer, at + transport, transportLength)) == 0;
    }

    /** Takes the newest packet's header away from the end of the frame. */
    private void swap() {
        System.arraycopy(buffer, openedAt, uncovered, 0, headerLength);
        System.arraycopy(covered, 0, buffer, openedAt, headerLength);
        swapped = true;
    }

    /** Lets the frame go and moves the packet at {@link #openAt} to {@link #PACKET_AT}. */
    public void detach(int packetLength) {
        if (segments == 0) {
            return;
        }
        if (!swapped) {
            swap();
        }
        int header = Math.min(headerLength, packetLength);
        flush();
        System.arraycopy(buffer, openedAt + header, buffer, PACKET_AT + header, packetLength - header);
        System.arraycopy(uncovered, 0, buffer, PACKET_AT, header);
        openedAt = PACKET_AT;
    }

    /**
     * Takes over the packet at {@link #PACKET_AT}: it begins a frame, or leaves at once if nothing can continue it.
     *
     * @param ip that packet, wrapped well, of exactly this length
     */
    public void keep(IpView ip, int packetLength) {
        length = packetLength;
        segments = 1;
        if (!mayGrow(ip, packetLength)) {
            flush();
        }
    }

    private boolean mayGrow(IpView ip, int packetLength) {
        tcp = ip.protocol() == IpView.TCP;
        if (!(tcp ? joinsTcp : joinsUdp && ip.protocol() == IpView.UDP) || ip.isFragment()) {
            return false;
        }
        v4 = ip.version() == 4;
        transport = ip.l4Offset() - PACKET_AT;
        int at = PACKET_AT + transport;
        if (packetLength - transport < (tcp ? HeaderBytes.TCP_HEADER : HeaderBytes.UDP_HEADER)) {
            return false;
        }
        int header = HeaderBytes.UDP_HEADER;
        if (tcp) {
            int word = u16(buffer, at + HeaderBytes.TCP_FLAGS);
            header = (word >> 12) * 4;
            int flags = word & 0x0FFF;
            if (header < HeaderBytes.TCP_HEADER
                    || (flags & ~FLAGS_IN_FRAMES) != 0
                    || (flags & (HeaderBytes.ACK | HeaderBytes.PSH)) != HeaderBytes.ACK) {
                return false;
            }
        } else if (u16(buffer, at + HeaderBytes.UDP_CHECKSUM) == 0
                || u16(buffer, at + HeaderBytes.UDP_LENGTH) != packetLength - transport) {
            return false;
        }
        headerLength = transport + header;
        size = packetLength - headerLength;
        verified = false;
        if (size <= 0 || headerLength > MAX_HEADER || packetLength == MAX_PACKET) {
            return false;
        }
        System.arraycopy(buffer, PACKET_AT, first, 0, headerLength);
        nextSequence = tcp ? i32(buffer, at + HeaderBytes.TCP_SEQUENCE) + size : 0;
        return true;
    }

    /** Lets the frame go, at the end of what was received together. */
    public void flush() {
        if (segments == 0) {
            return;
        }
        int joined = segments;
        segments = 0;
        if (joined == 1) {
            VnetHeader.clear(buffer, 0);
        } else {
            finish();
        }
        sink.frame(buffer, 0, length, joined);
    }

    /** Forgets the frame, after a fault of ours. */
    public void discard() {
        segments = 0;
        openedAt = PACKET_AT;
    }

    /** Writes what the headers of a joined frame say for all of it. */
    private void finish() {
        if (v4) {
            put16(buffer, PACKET_AT + HeaderBytes.V4_LENGTH, length);
            put16(buffer, PACKET_AT + HeaderBytes.V4_CHECKSUM, 0);
            int sum = HeaderBytes.sum(buffer, PACKET_AT, transport);
            put16(buffer, PACKET_AT + HeaderBytes.V4_CHECKSUM, ~sum & 0xFFFF);
        } else {
            put16(buffer, PACKET_AT + HeaderBytes.V6_LENGTH, length - HeaderBytes.V6_HEADER);
        }
        int pseudo = HeaderBytes.pseudo(buffer, PACKET_AT, v4, tcp ? IpView.TCP : IpView.UDP);
        int field = tcp ? HeaderBytes.TCP_CHECKSUM : HeaderBytes.UDP_CHECKSUM;
        int at = PACKET_AT + transport;
        put16(buffer, at + field, HeaderBytes.plus(pseudo, length - transport));
        if (!tcp) {
            put16(buffer, at + HeaderBytes.UDP_LENGTH, length - transport);
        }
        boolean cwr = tcp && (u16(buffer, at + HeaderBytes.TCP_FLAGS) & HeaderBytes.CWR) != 0;
        int kind = tcp ? v4 ? VnetHeader.TCP_V4 : VnetHeader.TCP_V6 : VnetHeader.UDP;
        VnetHeader.write(buffer, 0, kind, cwr, headerLength, size, transport, field);
    }
}
