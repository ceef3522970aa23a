// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.tun;

import io.vpnmesh.transport.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One thread's way to write to a {@link TunDevice}. */
public final class TunWriter implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final MemorySegment errno = Libc.newErrno(arena);
    private final MemorySegment frame = arena.allocate(TunDevice.VNET_HEADER_BYTES + TunDevice.MAX_PACKET_BYTES, 8);
    private final int fd;

    TunWriter(int fd) {
        this.fd = fd;
    }

    /** Writes one IP packet without blocking; returns its length or minus the error number. */
    public int write(byte[] buffer, int offset, int length) {
        if (length > TunDevice.MAX_PACKET_BYTES) {
            return -Libc.EMSGSIZE;
        }
        MemorySegment.copy(buffer, offset, frame, ValueLayout.JAVA_BYTE, TunDevice.VNET_HEADER_BYTES, length);
        int result = Libc.write(errno, fd, frame, TunDevice.VNET_HEADER_BYTES + (long) length);
        return result < 0 ? result : length;
    }

    @Override
    public void close() {
        arena.close();
    }
}
