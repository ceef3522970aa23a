// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * One rtnetlink request under construction: {@code nlmsghdr 16 | family header | attributes}, all in host byte order
 * and padded to 4 bytes (rtnetlink(7)).
 */
final class NetlinkMessage {

    static final int HEADER_BYTES = 16;

    static final int F_REQUEST = 1;
    static final int F_ACK = 4;
    static final int F_DUMP = 0x300;
    static final int F_EXCLUSIVE = 0x200;
    static final int F_CREATE = 0x400;

    private static final int CAPACITY_BYTES = 1024;
    private static final int NESTED = 0x8000;

    private final ByteBuffer buffer = ByteBuffer.allocate(CAPACITY_BYTES).order(ByteOrder.nativeOrder());

    NetlinkMessage(int type, int flags) {
        buffer.putInt(0)
                .putShort((short) type)
                .putShort((short) (flags | F_REQUEST))
                .putInt(0)
                .putInt(0);
    }

    NetlinkMessage u8(int value) {
        buffer.put((byte) value);
        return this;
    }

    NetlinkMessage u16(int value) {
        buffer.putShort((short) value);
        return this;
    }

    NetlinkMessage i32(int value) {
        buffer.putInt(value);
        return this;
    }

    NetlinkMessage attribute(int type, byte[] value) {
        buffer.putShort((short) (4 + value.length)).putShort((short) type).put(value);
        return pad();
    }

    NetlinkMessage attribute(int type, int value) {
        buffer.putShort((short) 8).putShort((short) type).putInt(value);
        return this;
    }

    NetlinkMessage attribute(int type, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return attribute(type, Arrays.copyOf(bytes, bytes.length + 1));
    }

    /** Opens a nested attribute; {@link #endNested} wants what this returns. */
    int beginNested(int type) {
        int at = buffer.position();
        buffer.putShort((short) 0).putShort((short) (type | NESTED));
        return at;
    }

    NetlinkMessage endNested(int at) {
        buffer.putShort(at, (short) (buffer.position() - at));
        return this;
    }

    private NetlinkMessage pad() {
        while ((buffer.position() & 3) != 0) {
            buffer.put((byte) 0);
        }
        return this;
    }

    byte[] finish(int sequence) {
        buffer.putInt(0, buffer.position());
        buffer.putInt(8, sequence);
        return Arrays.copyOf(buffer.array(), buffer.position());
    }
}
