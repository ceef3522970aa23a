// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The native signatures of the product: Linux system calls through the C library, for 64-bit little-endian machines.
 *
 * <p>Every call takes a caller-owned segment from {@link #newErrno} (one per thread, reused for each call) and returns
 * what the function returned, or minus the error number: {@code -EAGAIN} and so on, as the kernel itself does. So a
 * failure is a value, and the packet path has no exception.
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

    private static final MethodHandle SOCKET = call("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle BIND = call("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle CONNECT = call("connect", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle GETSOCKNAME = call("getsockname", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle SETSOCKOPT =
            call("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle GETSOCKOPT =
            call("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle SENDMSG = call("sendmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle RECVMSG = call("recvmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    // The messages by address: a batch that was sent in part goes on from its middle.
    private static final MethodHandle SENDMMSG = call("sendmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle RECVMMSG =
            call("recvmmsg", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle POLL = call("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle EVENTFD = call("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle READ = call("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle WRITE = call("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    /** Of heap memory: the JVM waits with a safepoint until such a call is over, so only where nothing blocks. */
    private static final MethodHandle READ_HEAP = critical("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);

    private static final MethodHandle WRITE_HEAP = critical("write", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle CLOSE = call("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle SHUTDOWN = call("shutdown", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle OPEN = variadic("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);

    private Libc() {}

    /** Links every call now, not when the first one is needed: that takes some 60 ms in a JVM that has just started. */
    public static void link() {
        // That this class is initialised is all it takes.
    }

    static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, arguments), ERRNO);
    }

    private static MethodHandle critical(String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                ERRNO,
                Linker.Option.critical(/* allowHeapAccess= */ true));
    }

    private static MethodHandle variadic(String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                ERRNO,
                Linker.Option.firstVariadicArg(fixed));
    }

    /** Room for the captured error number; one per thread that calls in here. */
    public static MemorySegment newErrno(Arena arena) {
        return arena.allocate(Linker.Option.captureStateLayout());
    }

    static int orErrno(int result, MemorySegment errno) {
        return result < 0 ? -errno.get(JAVA_INT, 0) : result;
    }

    private static int orErrno(long result, MemorySegment errno) {
        return result < 0 ? -errno.get(JAVA_INT, 0) : (int) result;
    }

    /** A handle of ours was called with wrong types: a bug, never the kernel's answer. */
    static AssertionError bug(Throwable e) {
        return new AssertionError("native signature", e);
    }

    public static int socket(MemorySegment errno, int domain, int type, int protocol) {
        try {
            return orErrno((int) SOCKET.invokeExact(errno, domain, type, protocol), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int bind(MemorySegment errno, int fd, MemorySegment address, int addressBytes) {
        try {
            return orErrno((int) BIND.invokeExact(errno, fd, address, addressBytes), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int connect(MemorySegment errno, int fd, MemorySegment address, int addressBytes) {
        try {
            return orErrno((int) CONNECT.invokeExact(errno, fd, address, addressBytes), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int getsockname(MemorySegment errno, int fd, MemorySegment address, MemorySegment addressBytes) {
        try {
            return orErrno((int) GETSOCKNAME.invokeExact(errno, fd, address, addressBytes), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Sets an option whose value is an int; {@code scratch} has room for it. */
    public static int setsockopt(MemorySegment errno, int fd, int level, int name, MemorySegment scratch, int value) {
        try {
            scratch.set(JAVA_INT, 0, value);
            return orErrno((int) SETSOCKOPT.invokeExact(errno, fd, level, name, scratch, 4), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Sets an option whose value is a struct timeval; {@code scratch} has 16 bytes. Units: milliseconds, 0 = no limit */
    public static int setTimeout(MemorySegment errno, int fd, int level, int name, MemorySegment scratch, int ms) {
        try {
            scratch.set(JAVA_LONG, 0, ms / 1000);
            scratch.set(JAVA_LONG, 8, ms % 1000 * 1000L);
            return orErrno((int) SETSOCKOPT.invokeExact(errno, fd, level, name, scratch, 16), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Reads an option whose value is an int; {@code scratch} has 8 bytes. */
    public static int getsockopt(MemorySegment errno, int fd, int level, int name, MemorySegment scratch) {
        try {
            MemorySegment size = scratch.asSlice(4, 4);
            size.set(JAVA_INT, 0, 4);
            int result = orErrno((int) GETSOCKOPT.invokeExact(errno, fd, level, name, scratch, size), errno);
            return result < 0 ? result : scratch.get(JAVA_INT, 0);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int sendmsg(MemorySegment errno, int fd, MemorySegment message, int flags) {
        try {
            return orErrno((long) SENDMSG.invokeExact(errno, fd, message, flags), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int recvmsg(MemorySegment errno, int fd, MemorySegment message, int flags) {
        try {
            return orErrno((long) RECVMSG.invokeExact(errno, fd, message, flags), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Units: {@code count} struct mmsghdr at the address {@code messages}; returns how many were sent. */
    public static int sendmmsg(MemorySegment errno, int fd, long messages, int count, int flags) {
        try {
            return orErrno((int) SENDMMSG.invokeExact(errno, fd, messages, count, flags), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Units: room for {@code count} struct mmsghdr at {@code messages}; returns how many were filled. */
    public static int recvmmsg(MemorySegment errno, int fd, MemorySegment messages, int count, int flags) {
        try {
            return orErrno((int) RECVMMSG.invokeExact(errno, fd, messages, count, flags, MemorySegment.NULL), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int shutdown(MemorySegment errno, int fd, int how) {
        try {
            return orErrno((int) SHUTDOWN.invokeExact(errno, fd, how), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** The only call of the packet path that blocks. Units: milliseconds, -1 = for ever; returns ready descriptors. */
    public static int poll(MemorySegment errno, MemorySegment pollFds, int count, int timeoutMs) {
        try {
            return orErrno((int) POLL.invokeExact(errno, pollFds, (long) count, timeoutMs), errno);
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
            return orErrno((int) EVENTFD.invokeExact(errno, initial, flags), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int read(MemorySegment errno, int fd, MemorySegment buffer, long bytes) {
        try {
            return orErrno((long) READ.invokeExact(errno, fd, buffer, bytes), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int write(MemorySegment errno, int fd, MemorySegment buffer, long bytes) {
        try {
            return orErrno((long) WRITE.invokeExact(errno, fd, buffer, bytes), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** {@link #read} into an array, of a descriptor that never blocks. */
    public static int readHeap(MemorySegment errno, int fd, MemorySegment buffer, long bytes) {
        try {
            return orErrno((long) READ_HEAP.invokeExact(errno, fd, buffer, bytes), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** {@link #write} out of an array, to a descriptor that never blocks. */
    public static int writeHeap(MemorySegment errno, int fd, MemorySegment buffer, long bytes) {
        try {
            return orErrno((long) WRITE_HEAP.invokeExact(errno, fd, buffer, bytes), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** Opens a path (zero-terminated, {@link Arena#allocateFrom(String)}) that exists. */
    public static int open(MemorySegment errno, MemorySegment path, int flags) {
        try {
            return orErrno((int) OPEN.invokeExact(errno, path, flags, 0), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    public static int close(MemorySegment errno, int fd) {
        try {
            return orErrno((int) CLOSE.invokeExact(errno, fd), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** ioctl with a pointer argument. */
    public static int ioctl(MemorySegment errno, int fd, long request, MemorySegment argument) {
        try {
            return orErrno((int) IOCTL.invokeExact(errno, fd, request, argument), errno);
        } catch (Throwable e) {
            throw bug(e);
        }
    }

    /** ioctl with an integer argument, such as TUNSETOFFLOAD. */
    public static int ioctl(MemorySegment errno, int fd, long request, long argument) {
        return ioctl(errno, fd, request, MemorySegment.ofAddress(argument));
    }
}
