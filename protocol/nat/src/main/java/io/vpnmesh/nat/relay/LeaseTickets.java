// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.nat.signal.Ticket;
import io.vpnmesh.nat.stun.HmacSha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Makes and checks lease tickets: the first 12 bytes of HMAC-SHA-256(key, "lease" | SPI | node id | expiry), behind the
 * expiry. Any relay of the mesh can check one, and nobody else can make one.
 */
final class LeaseTickets {

    private static final byte[] LABEL = "lease".getBytes(StandardCharsets.US_ASCII);

    private final SecretBytes key;

    LeaseTickets(SecretBytes key) {
        this.key = key;
    }

    Ticket issue(int spi, NodeId node, long expirySeconds) {
        ByteBuffer mac = ByteBuffer.wrap(mac(spi, node, (int) expirySeconds));
        return new Ticket((int) expirySeconds, mac.getInt(), mac.getLong());
    }

    boolean proves(Ticket ticket, int spi, NodeId node, long nowSeconds) {
        byte[] given = ByteBuffer.allocate(12)
                .putInt(ticket.macHigh())
                .putLong(ticket.macLow())
                .array();
        byte[] expected = Arrays.copyOf(mac(spi, node, ticket.expirySeconds()), 12);
        boolean same = MessageDigest.isEqual(expected, given);
        return same && Integer.toUnsignedLong(ticket.expirySeconds()) >= nowSeconds;
    }

    private byte[] mac(int spi, NodeId node, int expirySeconds) {
        byte[] content = ByteBuffer.allocate(4 + NodeId.LENGTH_BYTES + 4)
                .putInt(spi)
                .put(node.bytes())
                .putInt(expirySeconds)
                .array();
        return HmacSha256.of(key.expose(), LABEL, content);
    }
}
