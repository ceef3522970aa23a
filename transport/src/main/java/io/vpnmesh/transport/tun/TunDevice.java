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
 * <p>The device speaks {@code virtio_net_hdr 10 | IP packet} and hands over and takes as much in one frame as the kernel
 * allows; {@link #offload} says how much that is.
 */
public final class TunDevice implements AutoCloseable {

    /** The largest IP packet, and with offloads the largest super-packet. */
    static final int MAX_PACKET_BYTES = 65535;

    private static final long TUNSETIFF = 0x400454CAL;
    private static final long TUNSETOFFLOAD = 0x400454D0L;
    private static final long TUNSETVNETHDRSZ = 0x400454D8L;
    /** IFF_TUN | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE: who makes the device and who attaches must name the same. */
    public static final int FLAGS = 0x0001 | 0x1000 | 0x4000 | 0x0100;

    /** The same without IFF_VNET_HDR, where the kernel does not know it. */
    public static final int FLAGS_WITHOUT_HEADER = FLAGS & ~0x4000;

    private static final int IFREQ_BYTES = 40;
    private static final int IFNAMSIZ = 16;
    private static final int EFD_NONBLOCK = 0x800;
    private static final int EFD_CLOEXEC = 0x80000;

    private final Arena arena = Arena.ofShared();
    private final int fd;
    private final int wakeFd;
    private final TunOffload offload;
    private final MemorySegment readErrno = Libc.newErrno(arena);
    private final HeapSlice slice = new HeapSlice();
    private final MemorySegment wakeErrno = Libc.newErrno(arena);
    private final MemorySegment wakeCount = arena.allocate(ValueLayout.JAVA_LONG);
    private final MemorySegment one = arena.allocateFrom(ValueLayout.JAVA_LONG, 1L);
    private final MemorySegment pollFds = arena.allocate(2L * Libc.POLLFD_BYTES, 8);

    private TunDevice(Path node, String name, TunOffload most) throws IOException {
        MemorySegment errno = readErrno;
        fd = check(
                "opening " + node,
                Libc.open(errno, arena.allocateFrom(node.toString()), Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC));
        TunOffload granted = most;
        if (granted.hasHeader() && !attachWithHeader(name)) {
            granted = TunOffload.PLAIN;
        }
        if (!granted.hasHeader()) {
            check("attaching to " + name, setInterface(name, FLAGS_WITHOUT_HEADER));
        }
        offload = negotiate(name, granted);
        wakeFd = check("making an eventfd", Libc.eventfd(errno, 0, EFD_NONBLOCK | EFD_CLOEXEC));
        Libc.setPollFd(pollFds, 0, fd, Libc.POLLIN);
        Libc.setPollFd(pollFds, 1, wakeFd, Libc.POLLIN);
    }

    /**
     * Attaches to the persistent device, with as much offload as the kernel knows.
     *
     * @param most no more than this
     * Errors: IOException names the step, the error number and the likely cause.
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static TunDevice attach(Path node, String name, TunOffload most) throws IOException {
        return new TunDevice(node, name, most);
    }

    /** False where the kernel knows no offload header. */
    private boolean attachWithHeader(String name) throws IOException {
        int attached = setInterface(name, FLAGS);
        if (attached == -Libc.EINVAL) {
            return false;
        }
        check("attaching to " + name, attached);
        MemorySegment size = arena.allocate(ValueLayout.JAVA_INT);
        size.set(ValueLayout.JAVA_INT, 0, VnetHeader.BYTES);
        check("setting the header size of " + name, Libc.ioctl(readErrno, fd, TUNSETVNETHDRSZ, size));
        return true;
    }

    private int setInterface(String name, int flags) throws IOException {
        MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
        byte[] nameBytes = name.getBytes(StandardCharsets.US_ASCII);
        if (nameBytes.length >= IFNAMSIZ) {
            throw new IOException(name + " is too long for an interface name");
        }
        MemorySegment.copy(nameBytes, 0, request, ValueLayout.JAVA_BYTE, 0, nameBytes.length);
        request.set(ValueLayout.JAVA_SHORT, IFNAMSIZ, (short) flags);
        return Libc.ioctl(readErrno, fd, TUNSETIFF, request);
    }

    /** The bits are lost with the last file on the device, so every attachment sets them. */
    private TunOffload negotiate(String name, TunOffload most) throws IOException {
        if (!most.hasHeader()) {
            return most;
        }
        TunOffload granted = most;
        int result = Libc.ioctl(readErrno, fd, TUNSETOFFLOAD, granted.bits());
        while (result == -Libc.EINVAL && granted != TunOffload.SINGLE) {
            granted = TunOffload.values()[granted.ordinal() - 1];
            result = Libc.ioctl(readErrno, fd, TUNSETOFFLOAD, granted.bits());
        }
        check("setting the offloads of " + name, result);
        return granted;
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

    /** What the kernel has granted. */
    public TunOffload offload() {
        return offload;
    }

    /**
     * Reads one frame.
     * Shape: {@code virtio_net_hdr 10 | IP packet} from {@code at} on; the buffer needs room for 65,545 bytes there
     * Units: returns bytes of the packet, or minus the error number: {@code -EAGAIN} when nothing waits, {@code -EINVAL}
     * for a frame without a packet
     */
    public int read(byte[] frame, int at) {
        int skipped = 0;
        if (!offload.hasHeader()) {
            skipped = VnetHeader.BYTES;
            VnetHeader.clear(frame, at);
        }
        int most = VnetHeader.BYTES + MAX_PACKET_BYTES - skipped;
        int result = Libc.readHeap(readErrno, fd, slice.of(frame, at + skipped), most);
        if (result < 0) {
            return result;
        }
        int length = result + skipped - VnetHeader.BYTES;
        return length > 0 ? length : -Libc.EINVAL;
    }

    /** A way to write for one thread; close it before the device. */
    public TunWriter newWriter() {
        return new TunWriter(fd, offload.hasHeader());
    }

    /** Blocks until a packet waits, {@link #wake} was called since the last time, or the time is over. */
    public void awaitReadable(int timeoutMs) {
        int ready = Libc.poll(readErrno, pollFds, 2, timeoutMs);
        if (ready > 0 && (Libc.polledEvents(pollFds, 1) & Libc.POLLIN) != 0) {
            Libc.read(readErrno, wakeFd, wakeCount, Long.BYTES);
        }
    }

    /** Blocks until {@link #wake} was called or the time is over, whatever the device says. */
    public void awaitWake(int timeoutMs) {
        int ready = Libc.poll(readErrno, pollFds.asSlice(Libc.POLLFD_BYTES), 1, timeoutMs);
        if (ready > 0) {
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
