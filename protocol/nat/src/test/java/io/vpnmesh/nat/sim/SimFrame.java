// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.sim;

import io.vpnmesh.core.id.NodeId;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Stands for an ESP packet: SPI in front, then in the clear what a real one would hide. */
record SimFrame(int spi, int type, NodeId from, byte[] body) {

    static final int DATA = 1;
    static final int PROBE = 2;
    static final int SIGNAL = 3;

    private static final int HEADER_BYTES = 4 + 1 + NodeId.LENGTH_BYTES;

    static int spi(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getInt();
    }

    byte[] encode() {
        return ByteBuffer.allocate(HEADER_BYTES + body.length)
                .putInt(spi)
                .put((byte) type)
                .put(from.bytes())
                .put(body)
                .array();
    }

    static SimFrame decode(byte[] bytes) {
        return new SimFrame(
                spi(bytes),
                bytes[4],
                NodeId.of(Arrays.copyOfRange(bytes, 5, HEADER_BYTES)),
                Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length));
    }
}
