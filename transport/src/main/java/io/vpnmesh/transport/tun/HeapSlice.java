// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.tun;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** An array from an offset on as a segment, made anew only when either changes: a packet thread has one buffer. */
final class HeapSlice {

    private byte @Nullable [] array;
    private int offset;
    private MemorySegment segment = MemorySegment.NULL;

    MemorySegment of(byte[] buffer, int at) {
        if (buffer != array || at != offset) {
            array = buffer;
            offset = at;
            segment = MemorySegment.ofArray(buffer).asSlice(at);
        }
        return segment;
    }
}
