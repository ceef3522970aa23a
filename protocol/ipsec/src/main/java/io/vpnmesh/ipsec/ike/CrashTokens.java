// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.Prf;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.PayloadType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.TransformType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Quick crash detection (RFC 6290): each side gives the other a token while the IKE SA is up. Who has lost the SA answers
 * its next message with that token in the clear, which only the right node can know, and the other deletes the SA at
 * once instead of waiting for its retransmissions to end.
 *
 * <p>A token is prf(secret, label | SPIi | SPIr): nothing is stored, so a restart forgets nothing. The secret must be the
 * node's own. Whoever answers must make sure that the SA is not alive here, under either of its SPIs: the answer ends it.
 */
final class CrashTokens {

    /** RFC 6290 section 4.1: 16 to 128 bytes. The least, so that an answer is no longer than what it answers. */
    private static final int TOKEN = 16;

    private static final int MAX_TOKEN = 128;
    private static final byte[] LABEL = "vpnmesh crash token v1".getBytes(StandardCharsets.US_ASCII);
    /** An IKE SA that both ends knew may have been offered several; more is noise. */
    private static final int MAX_TOKENS = 4;

    private final Prf prf;
    private final @Nullable SecretBytes secret;

    CrashTokens(CryptoProvider crypto, @Nullable SecretBytes secret) {
        prf = crypto.prf(HashAlgorithm.SHA256);
        this.secret = secret;
    }

    /** Our token of an IKE SA, for the peer to keep; nothing without a secret. */
    List<Notify> offer(long spiI, long spiR) {
        return token(spiI, spiR).map(CrashTokens::notify).map(List::of).orElse(List.of());
    }

    // = rfc6290#4.1
    // # Protocol ID (1 octet) MUST be 1, as this message is related to an IKE SA.
    private static Notify notify(byte[] token) {
        return new Notify(TransformType.PROTOCOL_IKE, new byte[0], NotifyType.QUICK_CRASH_DETECTION, token);
    }

    private Optional<byte[]> token(long spiI, long spiR) {
        SecretBytes key = secret;
        if (key == null) {
            return Optional.empty();
        }
        byte[] spis = new WireWriter(16).i64(spiI).i64(spiR).toByteArray();
        return Optional.of(Arrays.copyOf(prf.apply(key.expose(), LABEL, spis), TOKEN));
    }

    /** The peer's token in a protected message; taken over by the IKE SA that it belongs to. */
    static Optional<SecretBytes> offered(Payloads payloads) {
        return payloads.notify(NotifyType.QUICK_CRASH_DETECTION)
                .map(Notify::data)
                .filter(data -> data.length >= TOKEN && data.length <= MAX_TOKEN)
                .map(data -> SecretBytes.copyOf(data, 0, data.length));
    }

    /**
     * The answer to a protected request for an IKE SA that is not here; empty without a secret. Not protected, and the
     * SPIs and the message id are those of the request (RFC 7296 section 2.21.4, RFC 6290 section 4.5).
     */
    Optional<byte[]> answer(IkeHeader request) {
        return token(request.initiatorSpi(), request.responderSpi()).map(token -> {
            int flags = IkeHeader.FLAG_RESPONSE | (request.fromInitiator() ? 0 : IkeHeader.FLAG_INITIATOR);
            IkeHeader header = new IkeHeader(
                    request.initiatorSpi(),
                    request.responderSpi(),
                    0,
                    IkeHeader.VERSION_2_0,
                    ExchangeType.INFORMATIONAL,
                    flags,
                    request.messageId());
            return IkeMessageCodec.encode(header, Payloads.of(new Notify(NotifyType.INVALID_IKE_SPI), notify(token)));
        });
    }

    /** Whether a message is such an answer: a response in the clear. */
    static boolean isAnswer(IkeHeader header) {
        return header.isResponse() && header.nextPayload() == PayloadType.NOTIFY;
    }

    /** Whether the answer holds the token that the peer gave us, compared in constant time. */
    static boolean proves(Payloads answer, SecretBytes given) {
        return answer.every(Notify.class).stream()
                .filter(n -> n.notifyType() == NotifyType.QUICK_CRASH_DETECTION)
                .limit(MAX_TOKENS)
                .anyMatch(n -> MessageDigest.isEqual(n.data(), given.expose()));
    }
}
