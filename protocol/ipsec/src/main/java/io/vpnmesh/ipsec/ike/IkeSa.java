// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.TimerTable;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.Payloads;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One IKE SA: its keys, the message-id windows of size one in both directions, cached replies and retransmission
 * (RFC 7296 sections 2.1 to 2.3). Knows nothing of what the exchanges mean.
 */
final class IkeSa implements AutoCloseable {

    private static final int RESPONSE = IkeHeader.FLAG_RESPONSE;

    private final IkeTiming timing;
    private final CryptoProvider crypto;
    private final long localSpi;
    private final long remoteSpi;
    private final boolean initiator;
    private final IkeSuite suite;
    private final boolean fragmentation;
    private final Reassembler reassembler;
    private IkeKeys keys;
    private IkeCipher cipher;
    /** Opens repetitions of the request whose reply changed the keys; gone with the next message. */
    private @Nullable IkeCipher previous;

    /** What proves that the peer has lost this IKE SA (RFC 6290). */
    private @Nullable SecretBytes crashToken;

    private int nextRequestId;
    private int awaitedExchange;
    /** Of the request before it, as long as its response would still be taken; else 0. */
    private int overtakenExchange;

    private @Nullable Retransmission outstanding;

    private int nextPeerId;
    private int answeredExchange;
    private List<byte[]> cachedResponse = List.of();

    /** The lasting facts of an IKE SA; {@code firstMessageId} is the id of its first protected message. */
    record Facts(
            long localSpi,
            long remoteSpi,
            boolean initiator,
            IkeSuite suite,
            boolean fragmentation,
            int firstMessageId) {}

    IkeSa(CryptoProvider crypto, IkeTiming timing, int maxMessageBytes, Facts facts, IkeKeys keys) {
        this(crypto, timing, new Reassembler(maxMessageBytes, new FragmentBudget()), facts, keys);
    }

    IkeSa(CryptoProvider crypto, IkeTiming timing, Reassembler reassembler, Facts facts, IkeKeys keys) {
        this.crypto = crypto;
        this.timing = timing;
        localSpi = facts.localSpi;
        remoteSpi = facts.remoteSpi;
        initiator = facts.initiator;
        suite = facts.suite;
        fragmentation = facts.fragmentation;
        // After IKE_SA_INIT the initiator continues with 1; its peer's own first request is number 0.
        nextRequestId = initiator ? facts.firstMessageId : 0;
        nextPeerId = initiator ? 0 : facts.firstMessageId;
        this.reassembler = reassembler;
        this.keys = keys;
        cipher = new IkeCipher(crypto, suite.aead(), keys, initiator);
    }

    /**
     * An authentic message, in order.
     *
     * @param content what IKE_INTERMEDIATE authentication covers
     * @param payloads empty Optional if the inside is malformed
     */
    record Incoming(IkeHeader header, Optional<Payloads> payloads, byte[] content) {}

    /** What came of a message. */
    sealed interface Reception {
        /** Not for us, not authentic, old, or a part of more. */
        record Nothing() implements Reception {}

        /** The peer has missed our reply. */
        record Repeat(List<byte[]> datagrams) implements Reception {}

        record Message(Incoming incoming) implements Reception {}
    }

    private static final Reception NOTHING = new Reception.Nothing();

    Reception receive(IkeHeader header, byte[] message) {
        if (header.fromInitiator() == initiator || peerSpi(header) != remoteSpi) {
            return NOTHING;
        }
        boolean current = header.isResponse() ? isAwaited(header) : header.messageId() == nextPeerId;
        boolean repeated = !header.isResponse()
                && header.messageId() == nextPeerId - 1
                && header.exchange() == answeredExchange
                && !cachedResponse.isEmpty();
        if (!current && !repeated) {
            return NOTHING;
        }
        try {
            Payloads outer = IkeMessageCodec.decode(message, header);
            if (outer.all().isEmpty()) {
                return NOTHING;
            }
            return switch (outer.all().getLast()) {
                case IkePayload.Encrypted sealed -> openWhole(header, message, sealed, repeated);
                case IkePayload.EncryptedFragment sealed -> openFragment(header, message, sealed, repeated);
                default -> NOTHING;
            };
        } catch (MalformedException _) {
            return NOTHING; // not authentic, so nothing to answer
        }
    }

    private boolean isAwaited(IkeHeader header) {
        int exchange = header.messageId() == nextRequestId - 1
                ? awaitedExchange
                : header.messageId() == nextRequestId - 2 ? overtakenExchange : 0;
        return outstanding != null && exchange != 0 && header.exchange() == exchange;
    }

    private Reception openWhole(IkeHeader header, byte[] message, IkePayload.Encrypted sealed, boolean repeated) {
        if (repeated) {
            return repeated(message, sealed.bodyOffset());
        }
        return cipher.open(message, sealed.bodyOffset())
                .map(inner -> message(header, sealed.firstPayload(), inner))
                .orElse(NOTHING);
    }

    private Reception openFragment(
            IkeHeader header, byte[] message, IkePayload.EncryptedFragment sealed, boolean repeated) {
        if (repeated) {
            // Only the first fragment of a repeated request calls the reply again (RFC 7383 section 2.6.1).
            return sealed.number() == 1 ? repeated(message, sealed.bodyOffset()) : NOTHING;
        }
        if (!fragmentation || !reassembler.wants(header.messageId(), header.isResponse(), sealed)) {
            return NOTHING;
        }
        return cipher.open(message, sealed.bodyOffset())
                .flatMap(inner -> reassembler.add(header.messageId(), header.isResponse(), sealed, inner))
                .map(whole -> message(header, whole.firstPayload(), whole.inner()))
                .orElse(NOTHING);
    }

    private Reception repeated(byte[] message, int bodyOffset) {
        IkeCipher opener = previous == null ? cipher : previous;
        return opener.open(message, bodyOffset).isPresent() ? new Reception.Repeat(cachedResponse) : NOTHING;
    }

    private Reception message(IkeHeader header, int firstPayload, byte[] inner) {
        if (header.isResponse()) {
            overtakenExchange = 0;
            if (header.messageId() == nextRequestId - 1) {
                outstanding = null;
            }
        }
        forgetPrevious();
        byte[] content = header.exchange() == ExchangeType.IKE_INTERMEDIATE
                ? IkeCipher.intermediateContent(header, firstPayload, inner)
                : new byte[0];
        Optional<Payloads> payloads;
        try {
            payloads = Optional.of(IkeMessageCodec.decodeInner(firstPayload, inner, 0, inner.length));
        } catch (MalformedException _) {
            payloads = Optional.empty();
        }
        return new Reception.Message(new Incoming(header, payloads, content));
    }

    /** Datagrams of a message of ours and what IKE_INTERMEDIATE authentication covers of it. */
    record Outgoing(List<byte[]> datagrams, byte[] content) {}

    /** Seals the next request; it is repeated until its response comes. One at a time. */
    Outgoing request(int exchange, Payloads payloads, int maxBytes, long nowNs) {
        if (outstanding != null) {
            throw new IllegalStateException("a request is under way");
        }
        Outgoing outgoing = seal(exchange, 0, nextRequestId++, payloads, maxBytes);
        awaitedExchange = exchange;
        outstanding = new Retransmission(timing, outgoing.datagrams, nowNs);
        return outgoing;
    }

    /**
     * Seals a request behind the one under way, without waiting for its response: both are repeated together, in order,
     * until the second is answered. For the last word of an IKE SA, so that it does not come late.
     */
    Outgoing overtake(int exchange, Payloads payloads, int maxBytes, long nowNs) {
        List<byte[]> both = new ArrayList<>(outstanding == null ? List.of() : outstanding.datagrams());
        int before = outstanding == null ? 0 : awaitedExchange;
        outstanding = null;
        Outgoing last = request(exchange, payloads, maxBytes, nowNs);
        both.addAll(last.datagrams);
        overtakenExchange = before;
        outstanding = new Retransmission(timing, both, nowNs);
        return new Outgoing(both, last.content);
    }

    /** A request that nobody waits for, the last of a dying SA. */
    List<byte[]> farewell(Payloads payloads, int maxBytes) {
        return seal(ExchangeType.INFORMATIONAL, 0, nextRequestId++, payloads, maxBytes).datagrams;
    }

    /** Seals and keeps the response to the request with the awaited id. */
    Outgoing respond(int exchange, Payloads payloads, int maxBytes) {
        Outgoing outgoing = seal(exchange, RESPONSE, nextPeerId++, payloads, maxBytes);
        answeredExchange = exchange;
        cachedResponse = outgoing.datagrams;
        return outgoing;
    }

    private Outgoing seal(int exchange, int flags, int id, Payloads payloads, int maxBytes) {
        int allFlags = flags | (initiator ? IkeHeader.FLAG_INITIATOR : 0);
        IkeHeader header = new IkeHeader(
                initiator ? localSpi : remoteSpi,
                initiator ? remoteSpi : localSpi,
                0,
                IkeHeader.VERSION_2_0,
                exchange,
                allFlags,
                id);
        int first = IkeMessageCodec.firstType(payloads);
        byte[] inner = IkeMessageCodec.encodeInner(payloads);
        byte[] content = exchange == ExchangeType.IKE_INTERMEDIATE
                ? IkeCipher.intermediateContent(header, first, inner)
                : new byte[0];
        return new Outgoing(cipher.seal(header, first, inner, maxBytes, fragmentation), content);
    }

    /** Continues with stronger keys after an IKE_INTERMEDIATE exchange. */
    void strengthen(IkeKeys stronger) {
        forgetPrevious();
        previous = cipher;
        keys.close();
        keys = stronger;
        cipher = new IkeCipher(crypto, suite.aead(), keys, initiator);
    }

    private void forgetPrevious() {
        if (previous != null) {
            previous.close();
            previous = null;
        }
    }

    /** The message id that the next request of ours will carry. */
    int nextRequestId() {
        return nextRequestId;
    }

    /** Keeps the token that the peer has sent for this IKE SA; a later one replaces it. */
    void keepCrashToken(Payloads payloads) {
        CrashTokens.offered(payloads).ifPresent(token -> {
            forgetCrashToken();
            crashToken = token;
        });
    }

    private void forgetCrashToken() {
        if (crashToken != null) {
            crashToken.close();
            crashToken = null;
        }
    }

    /** Whether this message in the clear proves that the peer knows nothing of this IKE SA any more. */
    boolean isProvenLost(IkeHeader header, byte[] message) {
        SecretBytes token = crashToken;
        if (token == null || header.fromInitiator() == initiator || peerSpi(header) != remoteSpi) {
            return false;
        }
        try {
            return CrashTokens.proves(IkeMessageCodec.decode(message, header), token);
        } catch (MalformedException _) {
            return false;
        }
    }

    boolean isBusy() {
        return outstanding != null;
    }

    @Nullable
    Retransmission outstanding() {
        return outstanding;
    }

    long nextWakeupNs() {
        return outstanding == null ? TimerTable.NEVER : outstanding.deadlineNs();
    }

    IkeKeys keys() {
        return keys;
    }

    IkeSuite suite() {
        return suite;
    }

    long localSpi() {
        return localSpi;
    }

    long remoteSpi() {
        return remoteSpi;
    }

    /** Whether we are its original initiator. */
    boolean isInitiator() {
        return initiator;
    }

    long initiatorSpi() {
        return initiator ? localSpi : remoteSpi;
    }

    long responderSpi() {
        return initiator ? remoteSpi : localSpi;
    }

    private long peerSpi(IkeHeader header) {
        return initiator ? header.responderSpi() : header.initiatorSpi();
    }

    @Override
    public void close() {
        outstanding = null;
        cachedResponse = List.of();
        forgetPrevious();
        forgetCrashToken();
        reassembler.clear();
        cipher.close();
        keys.close();
    }
}
