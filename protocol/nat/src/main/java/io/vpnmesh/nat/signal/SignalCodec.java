// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;

/**
 * Signalling datagrams as bytes.
 *
 * <p>Shape: {@code version 1 | kind 1 | flags 2 | request id 4 | node id 16 | body}
 *
 * <p>Errors: MalformedException for a short datagram and for a version that is not ours; unknown kinds pass.
 *
 * <p>Source: docs/wire.md, "Sidecar and relay".
 */
public final class SignalCodec {

    public static final int VERSION = 1;
    public static final int HEADER_BYTES = 24;

    private SignalCodec() {}

    public static byte[] encode(Signal signal) {
        return new WireWriter(HEADER_BYTES + signal.body().length)
                .u8(VERSION)
                .u8(signal.kind())
                .u16(signal.flags())
                .i32(signal.requestId())
                .bytes(signal.node().bytes())
                .bytes(signal.body())
                .toByteArray();
    }

    public static Signal decode(byte[] bytes) throws MalformedException {
        WireReader reader = new WireReader(bytes);
        int version = reader.u8("version");
        if (version != VERSION) {
            throw new MalformedException(0, "version", "is " + version + ", this side speaks " + VERSION);
        }
        int kind = reader.u8("kind");
        int flags = reader.u16("flags");
        int requestId = reader.i32("request id");
        NodeId node = NodeId.of(reader.bytes(NodeId.LENGTH_BYTES, "node id"));
        return new Signal(kind, flags, requestId, node, reader.rest());
    }
}
