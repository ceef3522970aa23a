// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Tickets of session resumption (RFC 5723): sealed by a gateway that keeps nothing, kept by a client that cannot read
 * them.
 *
 * <p>Shape of one by value (appendix A): {@code version 1 | nonce 12 | sealed: expiry 8 (milliseconds since 1970),
 * {@link Resumption} | tag 16}, AES-256-GCM under a key derived from the ticket secret, the version as AAD.
 */
final class Tickets {

    private static final int VERSION = 1;
    private static final byte[] LABEL = "vpnmesh resumption v1".getBytes(StandardCharsets.US_ASCII);
    /** Short enough that a stolen ticket secret opens a working day at most. */
    private static final int LIFETIME_SECONDS = 8 * 3600;

    private static final int MAX_KEPT = 64;
    private static final long SECOND_NS = 1_000_000_000L;

    private record Kept(byte[] ticket, Resumption resumption, long untilNs) {}

    private final CryptoProvider crypto;
    private final RandomGenerator random;
    private final @Nullable SecretBytes secret;
    private final boolean keeping;
    private final Map<NodeId, Kept> kept = new LinkedHashMap<>();

    Tickets(CryptoProvider crypto, RandomGenerator random, IkeExtensions extensions) {
        this.crypto = crypto;
        this.random = random;
        secret = extensions.ticketSecret();
        keeping = extensions.resume();
    }

    // --- the gateway ---------------------------------------------------------------------------------------------

    /** Answers TICKET_REQUEST; nothing if none was asked for or we give none. */
    List<Notify> issue(IkeSa sa, PeerClaim peer, long wallMs) {
        if (secret == null || !peer.payloads().has(NotifyType.TICKET_REQUEST)) {
            return List.of();
        }
        try (Resumption resumption = Resumption.of(sa, peer)) {
            byte[] ticket = seal(resumption, wallMs + LIFETIME_SECONDS * 1000L);
            byte[] data = new WireWriter(4 + ticket.length)
                    .i32(LIFETIME_SECONDS)
                    .bytes(ticket)
                    .toByteArray();
            return List.of(new Notify(NotifyType.TICKET_LT_OPAQUE, data));
        }
    }

    private byte[] seal(Resumption resumption, long expiresMs) {
        byte[] nonce = new byte[Aead.NONCE_LENGTH];
        random.nextBytes(nonce);
        byte[] content = resumption.encode();
        byte[] plain =
                new WireWriter(8 + content.length).i64(expiresMs).bytes(content).toByteArray();
        byte[] sealed = new byte[plain.length + Aead.TAG_LENGTH];
        try (Aead aead = aead()) {
            aead.seal(nonce, new byte[] {VERSION}, 0, 1, plain, 0, plain.length, sealed, 0);
        }
        Arrays.fill(content, (byte) 0);
        Arrays.fill(plain, (byte) 0);
        return new WireWriter(1 + nonce.length + sealed.length)
                .u8(VERSION)
                .bytes(nonce)
                .bytes(sealed)
                .toByteArray();
    }

    /** Opens a client's ticket; empty if it is not ours, or too old. */
    Optional<Resumption> open(byte[] ticket, long wallMs) {
        int length = ticket.length - 1 - Aead.NONCE_LENGTH - Aead.TAG_LENGTH;
        if (secret == null || length < 8 || ticket[0] != VERSION) {
            return Optional.empty();
        }
        byte[] nonce = Arrays.copyOfRange(ticket, 1, 1 + Aead.NONCE_LENGTH);
        byte[] plain = new byte[length];
        try (Aead aead = aead()) {
            if (!aead.open(nonce, ticket, 0, 1, ticket, 1 + nonce.length, length, plain, 0)) {
                return Optional.empty();
            }
            WireReader reader = new WireReader(plain);
            return reader.i64("expiry") < wallMs ? Optional.empty() : Optional.of(Resumption.decode(reader, true));
        } catch (MalformedException _) {
            return Optional.empty(); // of another release
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    private Aead aead() {
        SecretBytes of = secret;
        if (of == null) {
            throw new IllegalStateException("no ticket secret");
        }
        byte[] key = crypto.prf(HashAlgorithm.SHA256).apply(of.expose(), LABEL);
        try (SecretBytes owned = SecretBytes.owning(key)) {
            return crypto.aead(AeadAlgorithm.AES_256_GCM, owned);
        }
    }

    // --- the client ----------------------------------------------------------------------------------------------

    /** The notify that asks for a ticket. */
    List<Notify> request() {
        return keeping ? List.of(new Notify(NotifyType.TICKET_REQUEST)) : List.of();
    }

    /** Keeps what the gateway has given; the last one of each node counts. */
    void keep(NodeId node, IkeSa sa, PeerClaim peer, long nowNs) {
        Payloads payloads = peer.payloads();
        byte[] data = payloads.notify(NotifyType.TICKET_LT_OPAQUE)
                .map(Notify::data)
                .filter(d -> keeping && d.length > 4)
                .orElse(new byte[0]);
        if (data.length == 0) {
            return;
        }
        long seconds = Integer.toUnsignedLong(java.nio.ByteBuffer.wrap(data).getInt());
        long untilNs = nowNs + Math.min(seconds, LIFETIME_SECONDS) * SECOND_NS;
        byte[] ticket = Arrays.copyOfRange(data, 4, data.length);
        drop(node);
        kept.put(node, new Kept(ticket, Resumption.of(sa, peer), untilNs));
        if (kept.size() > MAX_KEPT) {
            drop(kept.keySet().iterator().next());
        }
    }

    private void drop(NodeId node) {
        Kept old = kept.remove(node);
        if (old != null) {
            old.resumption.close();
        }
    }

    /** A ticket and the state that belongs to it; used once, so that two resumptions cannot be linked. */
    record Mine(byte[] ticket, Resumption resumption) {}

    Optional<Mine> take(NodeId node, long nowNs) {
        Kept found = kept.remove(node);
        if (found == null) {
            return Optional.empty();
        }
        if (nowNs >= found.untilNs) {
            found.resumption.close();
            return Optional.empty();
        }
        return Optional.of(new Mine(found.ticket, found.resumption));
    }
}
