// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.tun;

import io.vpnmesh.transport.Libc;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * One queue of a persistent TUN, attached as its owner without a capability. One thread calls {@link #read} and
 * {@link #awaitReadable}; each writing thread has its own {@link #newWriter}.
 *
 * <p>The device speaks {@code virtio_net_hdr 10 | IP packet}. Offloads are off: the kernel completes checksums and
 * hands over single packets, and the header of what is written is all zero.
 */
public final class TunDevice implements AutoCloseable {

    /** sizeof(struct virtio_net_hdr). */
    static final int VNET_HEADER_BYTES = 10;
    /** The largest IP packet, and with offloads the largest super-packet. */
    static final int MAX_PACKET_BYTES = 65535;

    private static final long TUNSETIFF = 0x400454CAL;
    private static final long TUNSETOFFLOAD = 0x400454D0L;
    private static final long TUNSETVNETHDRSZ = 0x400454D8L;
    /** IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE: who makes the device and who attaches must name the same. */
    public static final int FLAGS = 0x0001 | 0x1000 | 0x4000 | 0x0100;

    private static final int IFREQ_BYTES = 40;
    private static final int IFNAMSIZ = 16;
    private static final int EFD_NONBLOCK = 0x800;
    private static final int EFD_CLOEXEC = 0x80000;

    private final Arena arena = Arena.ofShared();
    private final int fd;
    private final int wakeFd;
    private final MemorySegment readErrno = Libc.newErrno(arena);
    private final MemorySegment readBuffer = arena.allocate(VNET_HEADER_BYTES + MAX_PACKET_BYTES, 8);
    private final MemorySegment wakeErrno = Libc.newErrno(arena);
    private final MemorySegment wakeCount = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
    private final MemorySegment pollFds = arena.allocate(2L * Libc.POLLFD_BYTES, 8);

    private TunDevice(Path node, String name) throws IOException {
        MemorySegment errno = readErrno;
        fd = check(
                "opening " + node,
                Libc.open(errno, arena.allocateFrom(node.toString()), Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC));
        MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
        byte[] nameBytes = name.getBytes(StandardCharsets.US_ASCII);
        if (nameBytes.length >= IFNAMSIZ) {
            throw new IOException(name + " is too long for an interface name");
        }
        MemorySegment.copy(nameBytes, 0, request, ValueLayout.JAVA_BYTE, 0, nameBytes.length);
        request.set(ValueLayout.JAVA_SHORT, IFNAMSIZ, (short) FLAGS);
        check("attaching to " + name, Libc.ioctl(errno, fd, TUNSETIFF, request));
        MemorySegment size = arena.allocate(ValueLayout.JAVA_INT);
        size.set(ValueLayout.JAVA_INT, 0, VNET_HEADER_BYTES);
        check("setting the header size of " + name, Libc.ioctl(errno, fd, TUNSETVNETHDRSZ, size));
        check("setting the offloads of " + name, Libc.ioctl(errno, fd, TUNSETOFFLOAD, 0L));
        wakeFd = check("making an eventfd", Libc.eventfd(errno, 0, EFD_NONBLOCK | EFD_CLOEXEC));
        Libc.setPollFd(pollFds, 0, fd, Libc.POLLIN);
        Libc.setPollFd(pollFds, 1, wakeFd, Libc.POLLIN);
    }

    /**
     * Attaches to the persistent device.
     * Errors: IOException names the step, the error number and the likely cause.
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static TunDevice attach(Path node, String name) throws IOException {
        return new TunDevice(node, name);
    }

    private int check(String what, int result) throws IOException {
        if (result >= 0) {
            return result;
        }
        arena.close();
        String cause = switch (-result) {
            case Libc.EPERM ->
                "EPERM; the device belongs to another uid, or the runtime's device cgroup blocks it"
                        + " (runc 1.2.0 to 1.2.3): run the setup container as the same version of the product";
            case Libc.ENOENT -> "the file is missing; the setup container has to run first";
            case Libc.EACCES -> "EACCES; the file belongs to another uid or its volume is mounted nodev";
            case Libc.EBUSY -> "EBUSY; another process is attached to a single queue";
            case Libc.EINVAL -> "EINVAL; the device was made with other flags";
            default -> "errno " + -result;
        };
        throw new IOException(what + ": " + cause);
    }

    /**
     * Reads one IP packet.
     * Shape: bytes from {@code offset} on; the buffer needs room for the device's MTU behind it.
     * Units: returns bytes, or minus the error number: {@code -EAGAIN} when nothing waits, {@code -EINVAL} for a
     * packet that does not fit into the buffer or is empty.
     */
    public int read(byte[] buffer, int offset) {
        int result = Libc.read(readErrno, fd, readBuffer, readBuffer.byteSize());
        if (result < 0) {
            return result;
        }
        int length = result - VNET_HEADER_BYTES;
        if (length <= 0 || length > buffer.length - offset) {
            return -Libc.EINVAL;
        }
        MemorySegment.copy(readBuffer, ValueLayout.JAVA_BYTE, VNET_HEADER_BYTES, buffer, offset, length);
        return length;
    }

    /** A way to write for one thread; close it before the device. */
    public TunWriter newWriter() {
        return new TunWriter(fd);
    }

    /** Blocks until a packet waits, {@link #wake} was called since the last time, or the time is over. */
    public void awaitReadable(int timeoutMs) {
        int ready = Libc.poll(readErrno, pollFds, 2, timeoutMs);
        if (ready > 0 && (Libc.polledEvents(pollFds, 1) & Libc.POLLIN) != 0) {
            Libc.read(readErrno, wakeFd, wakeCount, Long.BYTES);
        }
    }

    /** Makes the next {@link #awaitReadable} return at once. Any thread. */
    public void wake() {
        // Callers may share this segment: nobody reads the error number, and a full counter wakes all the same.
        Libc.write(wakeErrno, wakeFd, one, Long.BYTES);
    }

    /** Detaches. The reading thread must have left. */
    @Override
    public void close() {
        Libc.close(readErrno, fd);
        Libc.close(readErrno, wakeFd);
        arena.close();
    }
}
