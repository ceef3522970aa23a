// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.tun;

import io.vpnmesh.transport.Libc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** One thread's way to write to a {@link TunDevice}. */
public final class TunWriter implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final MemorySegment errno = Libc.newErrno(arena);
    private final HeapSlice slice = new HeapSlice();
    private final int fd;
    private final boolean header;

    TunWriter(int fd, boolean header) {
        this.fd = fd;
        this.header = header;
    }

    /**
     * Writes one frame without blocking.
     * Shape: {@code virtio_net_hdr 10 | IP packet} at {@code at}, as {@link TunDevice#read}; a device without offload
     * headers takes the packet only
     * Units: {@code packetLength} bytes behind the header; returns that, or minus the error number
     */
    public int write(byte[] frame, int at, int packetLength) {
        if (packetLength > TunDevice.MAX_PACKET_BYTES) {
            return -Libc.EMSGSIZE;
        }
        int skipped = header ? 0 : VnetHeader.BYTES;
        int length = VnetHeader.BYTES + packetLength - skipped;
        int result = Libc.writeHeap(errno, fd, slice.of(frame, at + skipped), length);
        return result < 0 ? result : packetLength;
    }

    @Override
    public void close() {
        arena.close();
    }
}
