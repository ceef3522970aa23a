// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

import com.sun.jna.LastErrorException;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * The C library's functions for set-up, by JNA direct mapping. All throw {@link LastErrorException} with the error
 * number when the call returns -1.
 */
final class KernelCalls {

    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int ENXIO = 6;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int EEXIST = 17;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int EAFNOSUPPORT = 97;
    static final int EOPNOTSUPP = 95;

    static final int O_RDWR = 2;
    static final int O_CLOEXEC = 0x80000;

    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int AF_NETLINK = 16;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_RAW = 3;
    static final int SOCK_CLOEXEC = 0x80000;

    static final int S_IFCHR = 0x2000;

    static {
        // The C library is in every JVM's process already: nothing to search for in an image without a linker cache.
        Native.register(KernelCalls.class, NativeLibrary.getProcess());
    }

    private KernelCalls() {}

    static native int socket(int domain, int type, int protocol) throws LastErrorException;

    static native int open(String path, int flags) throws LastErrorException;

    static native int close(int fd) throws LastErrorException;

    static native int ioctl(int fd, long request, byte[] argument) throws LastErrorException;

    static native int ioctl(int fd, long request, com.sun.jna.Pointer argument) throws LastErrorException;

    static native int ioctl(int fd, long request, long argument) throws LastErrorException;

    static native long send(int fd, byte[] bytes, long length, int flags) throws LastErrorException;

    static native long recv(int fd, byte[] bytes, long length, int flags) throws LastErrorException;

    static native int mknod(String path, int mode, long device) throws LastErrorException;

    static native int chown(String path, int owner, int group) throws LastErrorException;

    static native int chmod(String path, int mode) throws LastErrorException;

    static String describe(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM (not permitted)";
            case ENOENT -> "ENOENT (no such file)";
            case ENXIO -> "ENXIO (no such device)";
            case EACCES -> "EACCES (access denied)";
            case EBUSY -> "EBUSY (in use)";
            case EEXIST -> "EEXIST (exists)";
            case ENODEV -> "ENODEV (no such device)";
            case EINVAL -> "EINVAL (invalid argument)";
            case EAFNOSUPPORT -> "EAFNOSUPPORT (address family not supported)";
            case EOPNOTSUPP -> "EOPNOTSUPP (not supported)";
            default -> "errno " + errno;
        };
    }
}
