// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The native signatures of the product: Linux system calls through the C library, for 64-bit little-endian machines.
 *
 * <p>Every call takes a caller-owned segment from {@link #newErrno} (one per thread, reused for each call) and returns
 * what the function returned, or minus the error number: {@code -EAGAIN} and so on, as the kernel itself does. So a
 * failure is a value, and the packet path has no exception.
 *
 * <p>Memory goes in as an address, so it is native, and the caller keeps its arena open and reachable until the call is over.
 * The segment for the error number is held by the call itself: of the same arena, it keeps who closes too early from it.
 */
public final class Libc {

    // Error numbers (asm-generic/errno.h), the same on x86-64 and aarch64.
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int EAGAIN = 11;
    public static final int EACCES = 13;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int EINVAL = 22;
    public static final int EMSGSIZE = 90;
    public static final int EAFNOSUPPORT = 97;
    public static final int EADDRINUSE = 98;
    public static final int EADDRNOTAVAIL = 99;
    public static final int ENETDOWN = 100;
    public static final int ENETUNREACH = 101;
    public static final int ENOBUFS = 105;
    public static final int ECONNREFUSED = 111;
    public static final int EHOSTUNREACH = 113;

    public static final int O_RDWR = 2;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;

    public static final short POLLIN = 1;
    public static final short POLLOUT = 4;
    public static final short POLLERR = 8;
    public static final short POLLHUP = 16;

    /** sizeof(struct pollfd): fd 4, events 2, revents 2. */
    public static final int POLLFD_BYTES = 8;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");

    /**
     * One signature for all that takes no heap memory. An argument is a register, wide enough for any of them, and what a
     * function does not look at it does not mind (System V ABI, AAPCS64); open and ioctl are variadic in C and find whole
     * numbers in the same registers. A signature of its own for each would cost the start of a process classes that are
     * made for it, with all that the JVM does about one: 20 ms of processor time.
     */
    private static final FunctionDescriptor REGISTERS =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private static final FunctionDescriptor ON_HEAP = FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG);

    private static final MethodHandle SOCKET = call("socket");
    private static final MethodHandle BIND = call("bind");
    private static final MethodHandle CONNECT = call("connect");
    private static final MethodHandle GETSOCKNAME = call("getsockname");
    private static final MethodHandle SETSOCKOPT = call("setsockopt");
    private static final MethodHandle GETSOCKOPT = call("getsockopt");
    private static final MethodHandle SENDMSG = call("sendmsg");
    private static final MethodHandle RECVMSG = call("recvmsg");
    private static final MethodHandle SENDMMSG = call("sendmmsg");
    private static final MethodHandle RECVMMSG = call("recvmmsg");
    private static final MethodHandle POLL = call("poll");
    private static final MethodHandle EVENTFD = call("eventfd");
    private static final MethodHandle READ = call("read");
    private static final MethodHandle WRITE = call("write");
    private static final MethodHandle CLOSE = call("close");
    private static final MethodHandle SHUTDOWN = call("shutdown");
    /** Of heap memory: the JVM waits with a safepoint until such a call is over, so only where nothing blocks. */
    private static final MethodHandle READ_HEAP = critical("read");

    private static final MethodHandle WRITE_HEAP = critical("write");
    private static final MethodHandle OPEN = call("open");
    private static final MethodHandle IOCTL = call("ioctl");

    private Libc() {}

    /** Links every call now, not when the first one is needed: that takes a while in a JVM that has just started. */
    public static void link() {
        // That this class is initialised is all it takes.
    }

    static MethodHandle call(String name) {
        return LINKER.downcallHandle(find(name), REGISTERS, ERRNO);
    }

    private static MethodHandle critical(String name) {
        return LINKER.downcallHandle(find(name), ON_HEAP, ERRNO, Linker.Option.critical(/* allowHeapAccess= */ true));
    }

    private static MemorySegment find(String name) {
        return LINKER.defaultLookup().findOrThrow(name);
    }

    /** Room for the captured error number; one per thread that calls in here. */
    public static MemorySegment newErrno(Arena arena) {
        return arena.allocate(Linker.Option.captureStateLayout());
    }

    /** @param result of a function that returns an int, or a count of bytes below 2 GiB: what is above that is no part of it */
    static int orErrno(long result, MemorySegment errno) {
        int value = (int) result;
        return value < 0 ? -errno.get(JAVA_INT, 0) : value;
    }

    /** A handle of ours was called with wrong types: a bug, never the kernel's answer. */
    static AssertionError bug(Throwable e) {
        return new AssertionError("native signature", e);
    }

    public static int socket(MemorySegment errno, int domain, int type, int protocol) {
        try {
            return orErrno(
                    (long) SOCKET.invokeExact(errno, (long) domain, (long) type, (long) protocol, 0L, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int bind(MemorySegment errno, int fd, MemorySegment address, int addressBytes) {
        try {
            return orErrno(
                    (long) BIND.invokeExact(errno, (long) fd, address.address(), (long) addressBytes, 0L, 0L, 0L),
                    errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int connect(MemorySegment errno, int fd, MemorySegment address, int addressBytes) {
        try {
            return orErrno(
                    (long) CONNECT.invokeExact(errno, (long) fd, address.address(), (long) addressBytes, 0L, 0L, 0L),
                    errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int getsockname(MemorySegment errno, int fd, MemorySegment address, MemorySegment addressBytes) {
        try {
            return orErrno(
                    (long) GETSOCKNAME.invokeExact(
                            errno, (long) fd, address.address(), addressBytes.address(), 0L, 0L, 0L),
                    errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Sets an option whose value is an int; {@code scratch} has room for it. */
    public static int setsockopt(MemorySegment errno, int fd, int level, int name, MemorySegment scratch, int value) {
        try {
            scratch.set(JAVA_INT, 0, value);
            return orErrno(
                    (long) SETSOCKOPT.invokeExact(
                            errno, (long) fd, (long) level, (long) name, scratch.address(), 4L, 0L),
                    errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Sets an option whose value is a struct timeval; {@code scratch} has 16 bytes. Units: milliseconds, 0 = no limit */
    public static int setTimeout(MemorySegment errno, int fd, int level, int name, MemorySegment scratch, int ms) {
        try {
            scratch.set(JAVA_LONG, 0, ms / 1000);
            scratch.set(JAVA_LONG, 8, ms % 1000 * 1000L);
            return orErrno(
                    (long) SETSOCKOPT.invokeExact(
                            errno, (long) fd, (long) level, (long) name, scratch.address(), 16L, 0L),
                    errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Reads an option whose value is an int; {@code scratch} has 8 bytes. */
    public static int getsockopt(MemorySegment errno, int fd, int level, int name, MemorySegment scratch) {
        try {
            MemorySegment size = scratch.asSlice(4, 4);
            size.set(JAVA_INT, 0, 4);
            int result = orErrno(
                    (long) GETSOCKOPT.invokeExact(
                            errno, (long) fd, (long) level, (long) name, scratch.address(), size.address(), 0L),
                    errno);
            return result < 0 ? result : scratch.get(JAVA_INT, 0);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int sendmsg(MemorySegment errno, int fd, MemorySegment message, int flags) {
        try {
            return orErrno(
                    (long) SENDMSG.invokeExact(errno, (long) fd, message.address(), (long) flags, 0L, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int recvmsg(MemorySegment errno, int fd, MemorySegment message, int flags) {
        try {
            return orErrno(
                    (long) RECVMSG.invokeExact(errno, (long) fd, message.address(), (long) flags, 0L, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Units: {@code count} struct mmsghdr at the address {@code messages}; returns how many were sent. */
    public static int sendmmsg(MemorySegment errno, int fd, long messages, int count, int flags) {
        try {
            return orErrno(
                    (long) SENDMMSG.invokeExact(errno, (long) fd, messages, (long) count, (long) flags, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Units: room for {@code count} struct mmsghdr at {@code messages}; returns how many were filled. */
    public static int recvmmsg(MemorySegment errno, int fd, MemorySegment messages, int count, int flags) {
        try {
            return orErrno(
                    (long) RECVMMSG.invokeExact(
                            errno, (long) fd, messages.address(), (long) count, (long) flags, 0L, 0L),
                    errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int shutdown(MemorySegment errno, int fd, int how) {
        try {
            return orErrno((long) SHUTDOWN.invokeExact(errno, (long) fd, (long) how, 0L, 0L, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** The only call of the packet path that blocks. Units: milliseconds, -1 = for ever; returns ready descriptors. */
    public static int poll(MemorySegment errno, MemorySegment pollFds, int count, int timeoutMs) {
        try {
            return orErrno(
                    (long) POLL.invokeExact(errno, pollFds.address(), (long) count, (long) timeoutMs, 0L, 0L, 0L),
                    errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Writes entry {@code index} of an array of struct pollfd, with nothing returned yet. */
    public static void setPollFd(MemorySegment pollFds, int index, int fd, short events) {
        long offset = (long) index * POLLFD_BYTES;
        pollFds.set(JAVA_INT, offset, fd);
        pollFds.set(JAVA_SHORT, offset + 4, events);
        pollFds.set(JAVA_SHORT, offset + 6, (short) 0);
    }

    public static short polledEvents(MemorySegment pollFds, int index) {
        return pollFds.get(JAVA_SHORT, (long) index * POLLFD_BYTES + 6);
    }

    public static int eventfd(MemorySegment errno, int initial, int flags) {
        try {
            return orErrno((long) EVENTFD.invokeExact(errno, (long) initial, (long) flags, 0L, 0L, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int read(MemorySegment errno, int fd, MemorySegment buffer, long bytes) {
        try {
            return orErrno((long) READ.invokeExact(errno, (long) fd, buffer.address(), bytes, 0L, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int write(MemorySegment errno, int fd, MemorySegment buffer, long bytes) {
        try {
            return orErrno((long) WRITE.invokeExact(errno, (long) fd, buffer.address(), bytes, 0L, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** {@link #read} into an array, of a descriptor that never blocks. */
    public static int readHeap(MemorySegment errno, int fd, MemorySegment buffer, long bytes) {
        try {
            return orErrno((long) READ_HEAP.invokeExact(errno, (long) fd, buffer, bytes), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** {@link #write} out of an array, to a descriptor that never blocks. */
    public static int writeHeap(MemorySegment errno, int fd, MemorySegment buffer, long bytes) {
        try {
            return orErrno((long) WRITE_HEAP.invokeExact(errno, (long) fd, buffer, bytes), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Opens a path (zero-terminated, {@link Arena#allocateFrom(String)}) that exists. */
    public static int open(MemorySegment errno, MemorySegment path, int flags) {
        try {
            return orErrno((long) OPEN.invokeExact(errno, path.address(), (long) flags, 0L, 0L, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int close(MemorySegment errno, int fd) {
        try {
            return orErrno((long) CLOSE.invokeExact(errno, (long) fd, 0L, 0L, 0L, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** ioctl with a pointer argument. */
    public static int ioctl(MemorySegment errno, int fd, long request, MemorySegment argument) {
        try {
            return orErrno((long) IOCTL.invokeExact(errno, (long) fd, request, argument.address(), 0L, 0L, 0L), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** ioctl with an integer argument, such as TUNSETOFFLOAD. */
    public static int ioctl(MemorySegment errno, int fd, long request, long argument) {
        return ioctl(errno, fd, request, MemorySegment.ofAddress(argument));
    }
}
