// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;

/**
 * The fixed header (RFC 7296 section 3.1), 28 bytes.
 *
 * @param responderSpi 0 in the first message
 * @param flags see the constants
 * @param messageId unsigned
 */
public record IkeHeader(
        long initiatorSpi, long responderSpi, int nextPayload, int version, int exchange, int flags, int messageId) {

    public static final int LENGTH = 28;
    public static final int VERSION_2_0 = 0x20;
    /** The sender is the original initiator of the IKE SA. */
    public static final int FLAG_INITIATOR = 0x08;

    public static final int FLAG_VERSION = 0x10;
    public static final int FLAG_RESPONSE = 0x20;

    /** Where the header has its length field. */
    static final int LENGTH_OFFSET = 24;

    public boolean fromInitiator() {
        return (flags & FLAG_INITIATOR) != 0;
    }

    public boolean isResponse() {
        return (flags & FLAG_RESPONSE) != 0;
    }

    public int majorVersion() {
        return version >>> 4;
    }

    /** The SPI that the receiver of this message has chosen. */
    public long receiverSpi() {
        return fromInitiator() ? responderSpi : initiatorSpi;
    }

    /** Errors: MalformedException unless the length field says exactly what is there. */
    public static IkeHeader decode(byte[] message) throws MalformedException {
        WireReader reader = new WireReader(message);
        IkeHeader header = new IkeHeader(
                reader.i64("initiator SPI"),
                reader.i64("responder SPI"),
                reader.u8("next payload"),
                reader.u8("version"),
                reader.u8("exchange type"),
                reader.u8("flags"),
                reader.i32("message id"));
        long length = reader.u32("length");
        if (length != message.length) {
            throw new MalformedException(LENGTH_OFFSET, "length", length + " in a message of " + message.length);
        }
        if (header.initiatorSpi == 0) {
            throw new MalformedException(0, "initiator SPI", "zero");
        }
        return header;
    }

    /** Writes the header with this length in bytes of the whole message. */
    public void encode(WireWriter writer, int firstPayload, int length) {
        writer.i64(initiatorSpi)
                .i64(responderSpi)
                .u8(firstPayload)
                .u8(version)
                .u8(exchange)
                .u8(flags);
        writer.i32(messageId).i32(length);
    }
}
