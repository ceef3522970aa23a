// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import io.vpnmesh.core.net.Endpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What one receive call brought: up to {@code capacity} messages, each a datagram or a *train* of datagrams from one
 * sender that the kernel joined (UDP_GRO).
 *
 * <p>Shape: message i = slots of {@link #slotLength} bytes, one behind the other; the last may be shorter; a lone
 * datagram is a train of one slot. The bytes are native memory of this batch, valid until the next receive into it. One
 * owner thread; nothing is allocated but an {@link Endpoint} for an address not seen lately.
 */
public final class DatagramBatch implements AutoCloseable {

    /** The largest train: what one IP packet could hold. */
    static final int MESSAGE_BYTES = 65536;

    private static final int NAME_STRIDE = 32;

    /** Train, traffic class, drops, local address. */
    private static final int CONTROL_STRIDE = 3 * MessageHeader.CMSG_SPACE + PacketInfo.MAX_CMSG_SPACE;

    /** Sources remembered as objects: more than the peers of a busy sidecar; a relay allocates a few beyond it. */
    private static final int SOURCE_CACHE_BITS = 9;

    /** A host has few addresses. */
    private static final int LOCAL_CACHE_BITS = 5;

    private static final int NO_PACKET_INFO = -1;

    /** Below two there would be a system call for each train, and no room for a lone datagram behind one. */
    private static final int LEAST_ASKED = 2;

    private final Arena arena = Arena.ofShared();
    private final int capacity;
    private final int wantedBytes;
    private final MemorySegment headers;
    private final MemorySegment names;
    private final MemorySegment controls;
    private final MemorySegment data;
    private final int[] lengths;
    private final int[] slotLengths;
    private final int[] trafficClasses;
    private final int[] packetInfos;
    private final EndpointCache sources = new EndpointCache(SOURCE_CACHE_BITS);
    private final EndpointCache locals = new EndpointCache(LOCAL_CACHE_BITS);
    private Endpoint boundTo = Endpoint.UNSPECIFIED;
    private int count;
    private int bytes;
    private int kernelDrops;
    /** Messages that the next call asks for. */
    private int asked;
    /** Headers that a call may have changed since they were last reset. */
    private int changed;

    /** Units: messages per system call, 64 KiB of memory each. */
    public DatagramBatch(int capacity) {
        this(capacity, Integer.MAX_VALUE);
    }

    /**
     * A batch whose calls ask for fewer messages while they bring more than {@code wantedBytes}: what is received
     * together should still be in the processor's cache when its turn comes.
     */
    public DatagramBatch(int capacity, int wantedBytes) {
        this.capacity = capacity;
        this.wantedBytes = wantedBytes;
        asked = capacity;
        changed = capacity;
        headers = arena.allocate((long) capacity * MessageHeader.MMSGHDR_BYTES, 8);
        names = arena.allocate((long) capacity * NAME_STRIDE, 8);
        controls = arena.allocate((long) capacity * CONTROL_STRIDE, 8);
        data = arena.allocate((long) capacity * MESSAGE_BYTES, 64);
        MemorySegment iovecs = arena.allocate((long) capacity * MessageHeader.IOVEC_BYTES, 8);
        lengths = new int[capacity];
        slotLengths = new int[capacity];
        trafficClasses = new int[capacity];
        packetInfos = new int[capacity];
        for (int i = 0; i < capacity; i++) {
            long iovec = (long) i * MessageHeader.IOVEC_BYTES;
            MessageHeader.setIovec(iovecs, iovec, data.address() + at(i), MESSAGE_BYTES);
            MessageHeader.init(
                    headers,
                    (long) i * MessageHeader.MMSGHDR_BYTES,
                    names.asSlice((long) i * NAME_STRIDE),
                    iovecs.asSlice(iovec),
                    controls.asSlice((long) i * CONTROL_STRIDE));
        }
    }

    /** Messages received. */
    public int count() {
        return count;
    }

    /** Bytes received, of all messages together. */
    public int bytes() {
        return bytes;
    }

    /** Bytes of message i, all its slots together. */
    public int length(int i) {
        return lengths[i];
    }

    /** Bytes of each slot of message i but the last; {@link #length} for a lone datagram. */
    public int slotLength(int i) {
        return slotLengths[i];
    }

    /** The outer TOS or traffic class byte, which a relay passes on. */
    public int trafficClass(int i) {
        return trafficClasses[i];
    }

    /** Datagrams that the kernel dropped since the socket was opened, because its buffer was full. */
    public int kernelDrops() {
        return kernelDrops;
    }

    public Endpoint source(int i) {
        long at = (long) i * NAME_STRIDE;
        long high = SocketAddress.high(names, at);
        long low = SocketAddress.low(names, at);
        return sources.get(SocketAddress.isV4(names, at) ? 4 : 6, high, low, SocketAddress.port(names, at));
    }

    /** The upper half of the source address as IPv6, an IPv4 one mapped (RFC 4291 section 2.5.5.2); no object is made. */
    public long sourceHigh(int i) {
        return SocketAddress.high(names, (long) i * NAME_STRIDE);
    }

    public long sourceLow(int i) {
        return SocketAddress.lowMapped(names, (long) i * NAME_STRIDE);
    }

    public int sourcePort(int i) {
        return SocketAddress.port(names, (long) i * NAME_STRIDE);
    }

    /**
     * Where message i arrived: the address of ours that its sender wrote to, which is the one to answer from. What the
     * socket is bound to when the kernel does not say.
     */
    public Endpoint local(int i) {
        int at = packetInfos[i];
        if (at == NO_PACKET_INFO) {
            return boundTo;
        }
        return locals.get(
                PacketInfo.isV4(controls, at) ? 4 : 6,
                PacketInfo.high(controls, at),
                PacketInfo.low(controls, at),
                boundTo.port());
    }

    /** The byte at this offset of message i, 0 to 255. */
    public int byteAt(int i, int offset) {
        return data.get(JAVA_BYTE, at(i) + offset) & 0xFF;
    }

    /** The 32-bit word in network order at this offset of message i. */
    public int wordAt(int i, int offset) {
        return Integer.reverseBytes(data.get(JAVA_INT_UNALIGNED, at(i) + offset));
    }

    /** Copies part of message i; the caller has checked the bounds against {@link #length}. */
    public void copy(int i, int offset, byte[] to, int toOffset, int length) {
        MemorySegment.copy(data, JAVA_BYTE, at(i) + offset, to, toOffset, length);
    }

    /** A copy of part of message i, for what leaves the packet thread. */
    public byte[] bytes(int i, int offset, int length) {
        byte[] copy = new byte[length];
        copy(i, offset, copy, 0, length);
        return copy;
    }

    /** Where everything received lies; read-only by agreement, and only until the next receive. */
    public MemorySegment memory() {
        return data;
    }

    /** Of message i, as an offset of {@link #memory}. */
    public long position(int i, int offset) {
        return at(i) + offset;
    }

    long address(int i, int offset) {
        return data.address() + at(i) + offset;
    }

    private static long at(int i) {
        return (long) i * MESSAGE_BYTES;
    }

    /** Fills the batch by one call with these flags; returns the number of messages or minus the error number. */
    int receive(MemorySegment errno, int fd, Endpoint socketBoundTo, int flags) {
        boundTo = socketBoundTo;
        for (int i = 0; i < changed; i++) {
            MessageHeader.reset(headers, (long) i * MessageHeader.MMSGHDR_BYTES, SocketAddress.BYTES, CONTROL_STRIDE);
        }
        int received = Libc.recvmmsg(errno, fd, headers, asked, flags);
        count = Math.max(0, received);
        changed = Math.min(capacity, count + 1); // the one that an error ended may be half-written
        bytes = 0;
        for (int i = 0; i < count; i++) {
            long header = (long) i * MessageHeader.MMSGHDR_BYTES;
            lengths[i] = MessageHeader.receivedBytes(headers, header);
            slotLengths[i] = lengths[i];
            trafficClasses[i] = 0;
            packetInfos[i] = NO_PACKET_INFO;
            readControl(i, MessageHeader.controlBytes(headers, header));
            bytes += lengths[i];
        }
        adapt();
        return received;
    }

    private void adapt() {
        if (bytes > wantedBytes) {
            asked = Math.max(LEAST_ASKED, asked / 2);
        } else if (count == asked && bytes <= wantedBytes / 2) {
            asked = Math.min(capacity, asked * 2);
        }
    }

    private void readControl(int i, int bytes) {
        long at = (long) i * CONTROL_STRIDE;
        long end = at + bytes;
        while (at + MessageHeader.CMSG_SPACE <= end) {
            int level = MessageHeader.cmsgLevel(controls, at);
            int type = MessageHeader.cmsgType(controls, at);
            int value = MessageHeader.cmsgInt(controls, at);
            if (level == MessageHeader.SOL_UDP && type == MessageHeader.UDP_GRO) {
                slotLengths[i] = value > 0 && value <= lengths[i] ? value : lengths[i];
            } else if ((level == MessageHeader.SOL_IP && type == MessageHeader.IP_TOS)
                    || (level == MessageHeader.SOL_IPV6 && type == MessageHeader.IPV6_TCLASS)) {
                trafficClasses[i] = value & 0xFF;
            } else if (level == MessageHeader.SOL_SOCKET && type == MessageHeader.SO_RXQ_OVFL) {
                kernelDrops = value;
            } else if (PacketInfo.is(level, type)) {
                packetInfos[i] = (int) at;
            }
            at += Math.max(MessageHeader.CMSG_SPACE, MessageHeader.cmsgSpace(controls, at));
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
