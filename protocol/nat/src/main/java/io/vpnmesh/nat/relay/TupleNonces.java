// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.nat.stun.HmacSha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Nonces that prove a tuple without state: 32 hexadecimal characters of HMAC-SHA-256(key, "tuple" | time slot | node id |
 * both ports | both addresses). Who echoes one from that tuple has received there, from that address of ours, within the
 * last two slots.
 */
final class TupleNonces {

    private static final byte[] LABEL = "tuple".getBytes(StandardCharsets.US_ASCII);
    /** Long enough for the slowest echo, short enough that a recorded nonce is worth little. */
    private static final long SLOT_NS = 10_000_000_000L;

    private final SecretBytes key;

    TupleNonces(SecretBytes key) {
        this.key = key;
    }

    String issue(NodeId node, Endpoint local, Endpoint tuple, long nowNs) {
        return of(node, local, tuple, nowNs / SLOT_NS);
    }

    boolean proves(String nonce, NodeId node, Endpoint local, Endpoint tuple, long nowNs) {
        long slot = nowNs / SLOT_NS;
        return same(nonce, of(node, local, tuple, slot)) || same(nonce, of(node, local, tuple, slot - 1));
    }

    private static boolean same(String given, String expected) {
        return MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8));
    }

    private String of(NodeId node, Endpoint local, Endpoint tuple, long slot) {
        byte[] header = ByteBuffer.allocate(8 + NodeId.LENGTH_BYTES + 4)
                .putLong(slot)
                .put(node.bytes())
                .putShort((short) local.port())
                .putShort((short) tuple.port())
                .array();
        byte[] mac = HmacSha256.of(
                key.expose(),
                LABEL,
                header,
                local.address().bytes(),
                tuple.address().bytes());
        return HexFormat.of().formatHex(Arrays.copyOf(mac, 16));
    }
}
