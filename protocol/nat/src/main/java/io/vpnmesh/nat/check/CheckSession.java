// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.check;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.nat.stun.StunAttribute;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The authenticated checks of one IKE SA: builds and verifies them, numbers our requests, refuses replayed ones.
 *
 * <p>Source: docs/wire.md, "Checks and liveness"; RFC 8489 sections 9.1 and 14.6.
 */
public final class CheckSession {

    private final CheckCredentials credentials;
    private final CheckWindow window = new CheckWindow();
    private long sequence;

    public CheckSession(CheckCredentials credentials) {
        this.credentials = credentials;
    }

    public CheckCredentials credentials() {
        return credentials;
    }

    /** What a request says about its path. */
    public record Path(int pathId, boolean inUse, int rttMicros, int lossPerMille) {}

    /** A request with the next sequence number; {@code nonce} and padding only where wanted. */
    public byte[] request(TransactionId id, Path path, @Nullable String nonce, int paddingBytes) {
        PathCheck check = new PathCheck(
                path.pathId(),
                ++sequence,
                path.inUse() ? PathCheck.FLAG_IN_USE : 0,
                path.rttMicros(),
                path.lossPerMille());
        StunMessage.Builder message =
                StunMessage.request(id).username(credentials.peerId()).with(StunAttribute.PATH_CHECK, check.encode());
        if (nonce != null) {
            message.nonce(nonce);
        }
        if (paddingBytes > 0) {
            message.padding(paddingBytes);
        }
        return StunCodec.encode(message.build(), credentials.ownKey());
    }

    /** Verifies a request of the peer; empty when it is forged, replayed, or lacks its attributes. */
    public Optional<PathCheck> verifyRequest(StunMessage message, byte[] bytes) {
        if (!message.isRequest()
                || !message.username().filter(credentials.ownId()::equals).isPresent()
                || !StunCodec.hasFingerprint(bytes)
                || !StunCodec.isAuthentic(bytes, credentials.peerKey())) {
            return Optional.empty();
        }
        return PathCheck.in(message).filter(check -> window.accept(check.sequence()));
    }

    /** Verifies a response to a request of ours; the caller has matched the transaction. */
    public boolean verifyResponse(StunMessage message, byte[] bytes) {
        return message.isResponse() && StunCodec.isAuthentic(bytes, credentials.ownKey());
    }

    /** Answers a verified request; {@code mapped} is where it came from, null inside ESP. */
    public byte[] success(StunMessage request, @Nullable Endpoint mapped) {
        StunMessage.Builder message = StunMessage.success(request.transactionId());
        if (mapped != null) {
            message.mappedAddress(mapped);
        }
        return StunCodec.encode(message.build(), credentials.peerKey());
    }

    /** Answers a verified request with 438 and the nonce to echo; the mapped address tells the client where it is. */
    public byte[] staleNonce(StunMessage request, String nonce, Endpoint mapped) {
        StunMessage message = StunMessage.error(request.transactionId(), StunMessage.STALE_NONCE, "Stale Nonce")
                .nonce(nonce)
                .mappedAddress(mapped)
                .build();
        return StunCodec.encode(message, credentials.peerKey());
    }
}
