// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One thread's way to send through a {@link UdpPort}; each sending thread has its own. Nothing is allocated, nothing
 * blocks, nothing is thrown: a result below zero is minus the error number, and it has been counted.
 *
 * <p>On a socket with several addresses the kernel gives a datagram the source that its routes suggest. What answers
 * somebody must instead leave from the address that he wrote to: the methods that take {@code local} do that. An
 * unspecified one, or one of the other family, leaves the choice to the kernel; one that is not ours is
 * an error of the send.
 */
public final class UdpSender implements AutoCloseable {

    /** UDP_MAX_SEGMENTS of kernels before 6.9. */
    private static final int MAX_SLOTS = 64;

    /** The largest UDP payload, less room for IPv6 extension headers. */
    private static final int MAX_TRAIN_BYTES = 65_000;

    /** Train, TTL, traffic class, local address. */
    private static final int CONTROL_BYTES = 3 * MessageHeader.CMSG_SPACE + PacketInfo.MAX_CMSG_SPACE;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment errno = Libc.newErrno(arena);
    private final MemorySegment header = arena.allocate(MessageHeader.MMSGHDR_BYTES, 8);
    private final MemorySegment name = arena.allocate(SocketAddress.BYTES, 8);
    private final MemorySegment iovec = arena.allocate(MessageHeader.IOVEC_BYTES, 8);
    private final MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
    private final MemorySegment data = arena.allocate(DatagramBatch.MESSAGE_BYTES, 64);
    private final UdpPort port;
    private final UdpCounters counters;

    UdpSender(UdpPort port) {
        this.port = port;
        counters = port.counters();
        MessageHeader.init(header, 0, name, iovec, control);
    }

    /** Sends one datagram; returns its length, or minus the error number. */
    public int send(byte[] buffer, int offset, int length, Endpoint to) {
        return sendFrom(Endpoint.UNSPECIFIED, buffer, offset, length, to);
    }

    /** As {@link #send}, from this address of ours. */
    public int sendFrom(Endpoint local, byte[] buffer, int offset, int length, Endpoint to) {
        MemorySegment.copy(buffer, offset, data, JAVA_BYTE, 0, length);
        return transmit(data.address(), length, length, 0, 0, local, to);
    }

    /** The same with this TTL or hop limit, for a datagram that shall open our own NAT and go no farther. */
    public int sendWithTtl(byte[] buffer, int offset, int length, Endpoint to, int ttl) {
        MemorySegment.copy(buffer, offset, data, JAVA_BYTE, 0, length);
        return transmit(data.address(), length, length, 0, ttl, Endpoint.UNSPECIFIED, to);
    }

    /**
     * Sends a train in as few system calls as possible.
     * Shape:  {@code length} bytes = slots of {@code slotLength}, the last may be shorter
     * Errors: minus the error number of the last slot that failed; earlier slots may have left
     */
    public int sendTrain(byte[] buffer, int offset, int length, int slotLength, Endpoint to) {
        int chunkBytes = chunkBytes(slotLength);
        int result = 0;
        for (int done = 0; done < length; done += chunkBytes) {
            int chunk = Math.min(chunkBytes, length - done);
            MemorySegment.copy(buffer, offset + done, data, JAVA_BYTE, 0, chunk);
            result = transmit(data.address(), chunk, slotLength, 0, 0, Endpoint.UNSPECIFIED, to);
        }
        return result;
    }

    /** Passes part of a received message on, unchanged and without a copy, with its traffic class; as a train if it is one. */
    public int forward(DatagramBatch batch, int message, int offset, int length, Endpoint to) {
        return forwardFrom(Endpoint.UNSPECIFIED, batch, message, offset, length, to);
    }

    /** As {@link #forward}, from this address of ours. */
    public int forwardFrom(Endpoint local, DatagramBatch batch, int message, int offset, int length, Endpoint to) {
        int slotLength = batch.slotLength(message);
        int chunkBytes = chunkBytes(slotLength);
        int trafficClass = batch.trafficClass(message);
        int result = 0;
        for (int done = 0; done < length; done += chunkBytes) {
            int chunk = Math.min(chunkBytes, length - done);
            result = transmit(batch.address(message, offset + done), chunk, slotLength, trafficClass, 0, local, to);
        }
        return result;
    }

    private static int chunkBytes(int slotLength) {
        int slot = Math.max(1, slotLength); // of a datagram without a byte
        return Math.max(1, Math.min(MAX_SLOTS, MAX_TRAIN_BYTES / slot)) * slot;
    }

    private int transmit(
            long address, int length, int slotLength, int trafficClass, int ttl, Endpoint local, Endpoint to) {
        int nameBytes = SocketAddress.write(name, 0, port.family(), to);
        if (nameBytes < 0) {
            counters.count(nameBytes, 1);
            return nameBytes;
        }
        if (length > slotLength && !port.segmentationOff()) {
            int result = transmitOnce(address, length, slotLength, trafficClass, ttl, nameBytes, local, to);
            if (result != -Libc.EIO && result != -Libc.EINVAL && result != -Libc.EMSGSIZE) {
                counters.count(result, (length + slotLength - 1) / slotLength);
                return result;
            }
            // A driver without checksum offload says EIO, always; the others mean this path only.
            if (result == -Libc.EIO) {
                port.switchSegmentationOff();
            }
        }
        int result = 0;
        for (int done = 0; done < length || done == 0; done += Math.max(1, slotLength)) {
            int slot = Math.min(slotLength, length - done);
            result = transmitOnce(address + done, slot, slot, trafficClass, ttl, nameBytes, local, to);
            counters.count(result, 1);
        }
        return result;
    }

    private int transmitOnce(
            long address,
            int length,
            int slotLength,
            int trafficClass,
            int ttl,
            int nameBytes,
            Endpoint local,
            Endpoint to) {
        boolean v4 = to.address().isV4();
        IpAddress source = local.address();
        int at = 0;
        if (PacketInfo.mayChoose(source, to.address())) {
            at = PacketInfo.put(control, at, source);
        }
        if (length > slotLength) {
            at = MessageHeader.putShort(control, at, MessageHeader.SOL_UDP, MessageHeader.UDP_SEGMENT, slotLength);
        }
        if (ttl > 0) {
            at = v4
                    ? MessageHeader.putInt(control, at, MessageHeader.SOL_IP, MessageHeader.IP_TTL, ttl)
                    : MessageHeader.putInt(control, at, MessageHeader.SOL_IPV6, MessageHeader.IPV6_HOPLIMIT, ttl);
        }
        if (trafficClass > 0) {
            at = v4
                    ? MessageHeader.putInt(control, at, MessageHeader.SOL_IP, MessageHeader.IP_TOS, trafficClass)
                    : MessageHeader.putInt(
                            control, at, MessageHeader.SOL_IPV6, MessageHeader.IPV6_TCLASS, trafficClass);
        }
        MessageHeader.setIovec(iovec, 0, address, length);
        MessageHeader.reset(header, 0, nameBytes, at);
        return Libc.sendmsg(errno, port.fd(), header, UdpPort.MSG_DONTWAIT);
    }

    @Override
    public void close() {
        arena.close();
    }
}
