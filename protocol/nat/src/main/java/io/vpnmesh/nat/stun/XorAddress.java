// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.stun;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.nio.ByteBuffer;

/** MAPPED-ADDRESS and XOR-MAPPED-ADDRESS (RFC 8489 sections 14.1 and 14.2): {@code 0 | family | port | address}. */
final class XorAddress {

    private static final int FAMILY_V4 = 1;
    private static final int FAMILY_V6 = 2;

    private XorAddress() {}

    static byte[] encode(Endpoint endpoint, TransactionId id) {
        byte[] address = endpoint.address().bytes();
        return new WireWriter(4 + address.length)
                .u8(0)
                .u8(endpoint.address().isV4() ? FAMILY_V4 : FAMILY_V6)
                .u16(endpoint.port() ^ StunCodec.MAGIC_COOKIE >>> 16)
                .bytes(mask(address, id))
                .toByteArray();
    }

    static Endpoint decode(byte[] value, TransactionId id) throws MalformedException {
        Endpoint masked = decodePlain(value);
        return new Endpoint(
                IpAddress.of(mask(masked.address().bytes(), id)), masked.port() ^ StunCodec.MAGIC_COOKIE >>> 16);
    }

    static Endpoint decodePlain(byte[] value) throws MalformedException {
        WireReader reader = new WireReader(value);
        reader.skip(1, "address reserved");
        int family = reader.u8("address family");
        int port = reader.u16("port");
        if (family != FAMILY_V4 && family != FAMILY_V6) {
            throw new MalformedException(1, "address family", "is " + family);
        }
        byte[] address = reader.bytes(family == FAMILY_V4 ? 4 : 16, "address");
        reader.end("mapped address");
        return new Endpoint(IpAddress.of(address), port);
    }

    private static byte[] mask(byte[] address, TransactionId id) {
        byte[] pad = ByteBuffer.allocate(16)
                .putInt(StunCodec.MAGIC_COOKIE)
                .put(id.bytes())
                .array();
        byte[] masked = address.clone();
        for (int i = 0; i < masked.length; i++) {
            masked[i] ^= pad[i];
        }
        return masked;
    }
}
