// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import java.lang.foreign.MemorySegment;

/**
 * struct sockaddr_in and sockaddr_in6 in native memory. A dual-stack socket speaks sockaddr_in6 only: IPv4 stands in it
 * as an IPv4-mapped address (RFC 4291 section 2.5.5.2), and never appears so above this class.
 */
final class SocketAddress {

    static final int AF_INET = 2;
    static final int AF_INET6 = 10;

    /** sizeof(struct sockaddr_in6); also room for a sockaddr_in. */
    static final int BYTES = 28;

    private static final int SOCKADDR_IN_BYTES = 16;
    private static final long MAPPED_PREFIX = 0xFFFFL << 32;

    private SocketAddress() {}

    /**
     * Writes the endpoint for a socket of this family; returns the length that the system call wants.
     * Errors: -EAFNOSUPPORT for an IPv6 endpoint on an IPv4 socket.
     */
    static int write(MemorySegment to, long at, int family, Endpoint endpoint) {
        IpAddress address = endpoint.address();
        to.set(JAVA_SHORT, at, (short) family);
        to.set(JAVA_SHORT, at + 2, Short.reverseBytes((short) endpoint.port()));
        if (family == AF_INET) {
            if (!address.isV4()) {
                return -Libc.EAFNOSUPPORT;
            }
            to.set(JAVA_INT_UNALIGNED, at + 4, Integer.reverseBytes((int) address.low()));
            to.set(JAVA_LONG_UNALIGNED, at + 8, 0);
            return SOCKADDR_IN_BYTES;
        }
        long high = address.high();
        long low = address.isV4() ? MAPPED_PREFIX | address.low() : address.low();
        to.set(JAVA_INT_UNALIGNED, at + 4, 0);
        to.set(JAVA_LONG_UNALIGNED, at + 8, Long.reverseBytes(high));
        to.set(JAVA_LONG_UNALIGNED, at + 16, Long.reverseBytes(low));
        to.set(JAVA_INT_UNALIGNED, at + 24, 0);
        return BYTES;
    }

    static boolean isV4(MemorySegment from, long at) {
        return from.get(JAVA_SHORT, at) == AF_INET
                || (high(from, at) == 0 && Long.reverseBytes(from.get(JAVA_LONG_UNALIGNED, at + 16)) >>> 32 == 0xFFFF);
    }

    /** The upper 64 bits; 0 for IPv4. */
    static long high(MemorySegment from, long at) {
        return from.get(JAVA_SHORT, at) == AF_INET ? 0 : Long.reverseBytes(from.get(JAVA_LONG_UNALIGNED, at + 8));
    }

    /** The lower 64 bits, or the IPv4 address. */
    static long low(MemorySegment from, long at) {
        if (from.get(JAVA_SHORT, at) == AF_INET) {
            return Integer.reverseBytes(from.get(JAVA_INT_UNALIGNED, at + 4)) & 0xFFFF_FFFFL;
        }
        long low = Long.reverseBytes(from.get(JAVA_LONG_UNALIGNED, at + 16));
        return isV4(from, at) ? low & 0xFFFF_FFFFL : low;
    }

    /** The lower 64 bits, an IPv4 address mapped. */
    static long lowMapped(MemorySegment from, long at) {
        return isV4(from, at) ? MAPPED_PREFIX | low(from, at) : low(from, at);
    }

    static int port(MemorySegment from, long at) {
        return Short.reverseBytes(from.get(JAVA_SHORT, at + 2)) & 0xFFFF;
    }

    static Endpoint read(MemorySegment from, long at) {
        return new Endpoint(new IpAddress(isV4(from, at) ? 4 : 6, high(from, at), low(from, at)), port(from, at));
    }
}
