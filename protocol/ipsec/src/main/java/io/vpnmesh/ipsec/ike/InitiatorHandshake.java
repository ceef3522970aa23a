// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import io.vpnmesh.ipsec.message.IkePayload.KeyExchange;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of ours to reach a node: IKE_SA_INIT, IKE_INTERMEDIATE if hybrid, IKE_AUTH (RFC 7296 section 1.2). Ends as
 * an {@link IkeSession}, or with {@link IkeEvent.Failed}.
 */
final class InitiatorHandshake implements SaOwner {

    enum Phase {
        INIT,
        INTERMEDIATE,
        AUTH,
        VERIFYING,
        /** The other side's attempt goes first; ours comes back if nothing comes of it. */
        YIELDED,
        /** Failed, or a session has taken over. */
        DONE
    }

    /** After a refusal that anybody could have forged, a better answer has this long. */
    private static final long REFUSAL_GRACE_NS = 1_000_000_000L;

    /** A verdict on a certificate that takes longer means that nobody answers. */
    private static final long VERDICT_NS = 30_000_000_000L;

    /** A gateway that does not speak of tickets is silent. */
    private static final int MAX_RESUME_REPETITIONS = 1;

    /** Requests of a responder that is up already while we still judge its certificate; the rest it repeats. */
    private static final int MAX_EARLY = 4;

    private record Early(IkeHeader header, byte[] message, PeerRef from, Endpoint at) {}

    private final List<Early> early = new ArrayList<>();
    private final IkeContext context;
    private final SaTable table;
    private final IkeInput.Connect connect;
    private final long session;
    private final String pathCheckId;
    private final boolean newEpochForPeer;

    private long spi;
    private PeerRef peer;
    private Endpoint local = Endpoint.UNSPECIFIED;
    private Phase phase = Phase.INIT;
    private Opening init;
    private @Nullable Retransmission initTimer;
    private @Nullable KeyAgreement additional;
    private @Nullable Transcript transcript;
    private ChildNegotiation.@Nullable Offer offer;
    private @Nullable Identification ownId;
    private @Nullable PeerClaim claim;
    private long deadlineNs = NEVER;
    private String lastRefusal = "";
    /** Once only: a forged IKE_SA_INIT must not silence us for ever. */
    private boolean hasYielded;

    /** @param newEpochForPeer whether this would be our first session with the node since our start */
    InitiatorHandshake(IkeContext context, SaTable table, IkeInput.Connect connect, boolean newEpochForPeer) {
        this.context = context;
        this.table = table;
        this.connect = connect;
        this.newEpochForPeer = newEpochForPeer;
        peer = connect.peer();
        session = context.nextNumber();
        spi = context.newIkeSpi();
        pathCheckId = context.newPathCheckId();
        init = firstInit();
        table.bind(spi, this);
        table.addAttempt(connect.expected(), this);
        sendInit();
    }

    PeerRef peer() {
        return peer;
    }

    NodeId expected() {
        return connect.expected();
    }

    @Override
    public Phase state() {
        return phase;
    }

    /** Whether IKE_AUTH has not been sent, so that a crossing attempt may still win (wire rules, section 4). */
    boolean mayYield() {
        return !hasYielded && (phase == Phase.INIT || phase == Phase.INTERMEDIATE);
    }

    boolean hasSentAuth() {
        return phase == Phase.AUTH || phase == Phase.VERIFYING;
    }

    /** Falls silent for as long as the other side's attempt may take. */
    void yieldToPeer() {
        freeSa();
        hasYielded = true;
        phase = Phase.YIELDED;
        initTimer = null;
        deadlineNs = context.nowNs() + context.settings().limits().halfOpenLifetimeNs();
    }

    private Opening newInit() {
        return new InitRequest(context, peer, spi, connect.redirectedFrom());
    }

    /** A ticket is tried once; whatever comes of it, the full handshake is next. */
    private Opening firstInit() {
        Optional<Tickets.Mine> ticket = context.tickets().take(connect.expected(), context.nowNs());
        return ticket.<Opening>map(mine -> new ResumeRequest(context, peer, spi, mine))
                .orElseGet(this::newInit);
    }

    private void sendInit() {
        byte[] message = init.message();
        initTimer = new Retransmission(context.settings().timing(), List.of(message), context.nowNs());
        context.send(peer, local, List.of(message));
    }

    @Override
    public void onMessage(IkeHeader header, byte[] message, PeerRef from, Endpoint at) {
        Transcript current = transcript;
        if (current == null) {
            if (phase == Phase.INIT) {
                onInit(header, message, from, at);
            }
            return;
        }
        if (phase == Phase.VERIFYING && !header.isResponse() && early.size() < MAX_EARLY) {
            early.add(new Early(header, message, from, at));
            return;
        }
        if (phase != Phase.INTERMEDIATE && phase != Phase.AUTH) {
            return;
        }
        if (current.sa().receive(header, message) instanceof IkeSa.Reception.Message received
                && received.incoming().header().isResponse()) {
            onResponse(current, received.incoming());
        }
    }

    private void onInit(IkeHeader header, byte[] message, PeerRef from, Endpoint at) {
        switch (init.answer(header, message)) {
            case Opening.Outcome.Again _ -> sendInit();
            case Opening.Outcome.Ignored _ -> {}
            case Opening.Outcome.Elsewhere elsewhere -> redirected(elsewhere.to());
            case Opening.Outcome.Refused _ when init instanceof ResumeRequest -> begin();
            case Opening.Outcome.Refused refused -> {
                lastRefusal = refused.reason();
                deadlineNs = Math.min(deadlineNs, context.nowNs() + REFUSAL_GRACE_NS);
            }
            case Opening.Outcome.Keys keys -> {
                initTimer = null;
                deadlineNs = NEVER;
                local = at;
                peer = from;
                transcript = keys.transcript();
                proceed(keys.transcript());
            }
        }
    }

    /** This attempt is over; where to go now the shell decides, which knows the gateways that it trusts. */
    private void redirected(Gateway to) {
        discard();
        context.event(new IkeEvent.Redirected(peer, connect.expected(), to));
    }

    private void proceed(Transcript current) {
        if (current.nextExchange() == ExchangeType.IKE_INTERMEDIATE) {
            phase = Phase.INTERMEDIATE;
            KeyAgreement kem = context.crypto()
                    .keyAgreement(current.sa().suite().additional().getFirst());
            additional = kem;
            KeyExchange ke = new KeyExchange(Algorithms.transformId(kem.method()), kem.publicValue());
            IkeSa.Outgoing sent = request(current, ExchangeType.IKE_INTERMEDIATE, Payloads.of(ke));
            current.addIntermediate(true, sent.content());
        } else {
            sendAuth(current);
        }
    }

    private IkeSa.Outgoing request(Transcript current, int exchange, Payloads payloads) {
        IkeSa.Outgoing outgoing = current.sa().request(exchange, payloads, context.maxBytes(peer), context.nowNs());
        context.send(peer, local, outgoing.datagrams());
        return outgoing;
    }

    private void onResponse(Transcript current, IkeSa.Incoming incoming) {
        Payloads payloads = incoming.payloads().orElse(null);
        if (payloads == null || payloads.unsupportedCritical().isPresent()) {
            fail("the responder's answer cannot be read");
        } else if (phase == Phase.INTERMEDIATE) {
            onIntermediate(current, incoming, payloads);
        } else {
            onAuth(current, payloads);
        }
    }

    private void onIntermediate(Transcript current, IkeSa.Incoming incoming, Payloads payloads) {
        Optional<KeyExchange> ke = payloads.first(KeyExchange.class);
        KeyAgreement kem = additional;
        if (ke.isEmpty() || kem == null || ke.orElseThrow().method() != Algorithms.transformId(kem.method())) {
            fail("the responder did not answer the additional key exchange" + refusal(payloads));
            return;
        }
        try {
            current.addIntermediate(false, incoming.content());
            current.strengthen(kem.finish(ke.orElseThrow().data()));
            additional = null;
            sendAuth(current);
        } catch (MalformedException e) {
            fail("additional key exchange: " + e.getMessage());
        }
    }

    private void sendAuth(Transcript current) {
        phase = Phase.AUTH;
        boolean own = current.features().ownPeer();
        boolean childless = isChildless();
        if (childless && !current.features().childless()) {
            fail("the responder does not start without a Child SA (RFC 6023)");
            return;
        }
        ChildNegotiation children = new ChildNegotiation(context);
        offer = childless
                ? null
                : children.offer(
                                peer,
                                own,
                                Narrowing.selectors(connect.localSelectors()),
                                Narrowing.selectors(connect.remoteSelectors()))
                        .orElse(null);
        if (!childless && offer == null) {
            fail("no inbound SPI is left; lease more");
            return;
        }
        LocalCredentials credentials = context.credentials();
        Identification id = credentials.identification(true);
        ownId = id;
        current.authMessageId(current.sa().nextRequestId());
        var auth = current.prove(context, id);
        if (auth.isEmpty()) {
            fail("the responder accepts no signature of our kind (RFC 7427)");
            return;
        }
        List<IkePayload> payloads = new ArrayList<>();
        payloads.add(id);
        if (current.resumed().isEmpty()) {
            payloads.addAll(credentials.certificates(own));
        }
        if (newEpochForPeer) {
            payloads.add(new Notify(NotifyType.INITIAL_CONTACT));
        }
        if (!own) {
            payloads.addAll(credentials.certificateRequest(context.crypto()));
        }
        payloads.add(auth.orElseThrow());
        if (offer != null) {
            payloads.addAll(offer.payloads());
        }
        payloads.addAll(context.tickets().request());
        payloads.addAll(context.crashTokens()
                .offer(current.sa().initiatorSpi(), current.sa().responderSpi()));
        if (own) {
            payloads.addAll(Transcript.ownNotifies(context, pathCheckId));
        } else {
            payloads.add(new Notify(NotifyType.MOBIKE_SUPPORTED));
        }
        request(current, ExchangeType.IKE_AUTH, new Payloads(payloads));
    }

    private void onAuth(Transcript current, Payloads payloads) {
        claim = PeerClaim.of(payloads, current).orElse(null);
        if (claim == null) {
            fail("the responder did not authenticate" + refusal(payloads));
            return;
        }
        phase = Phase.VERIFYING;
        deadlineNs = context.nowNs() + VERDICT_NS;
        long ticket = context.nextNumber();
        table.await(ticket, this);
        context.event(new IkeEvent.VerifyPeer(ticket, peer, claim.certificatesDer()));
    }

    private static String refusal(Payloads payloads) {
        return payloads.error()
                .map(e -> ": it says " + ErrorText.of(e.notifyType()))
                .orElse("");
    }

    @Override
    public void onRefused(String reason) {
        failAuthenticated("the peer's certificate is refused: " + reason);
    }

    @Override
    public void onVerified(NodeIdentity identity) {
        Transcript current = transcript;
        PeerClaim peerClaim = claim;
        if (phase != Phase.VERIFYING || current == null || peerClaim == null) {
            return;
        }
        if (!identity.node().equals(connect.expected())) {
            failAuthenticated("the peer is node " + identity.node() + ", expected " + connect.expected());
            return;
        }
        Optional<String> problem = peerClaim.problem(new PeerAuthenticator(context.crypto()), current);
        if (problem.isPresent()) {
            failAuthenticated(problem.orElseThrow());
            return;
        }
        Optional<ChildSa> child = child(current, peerClaim, identity);
        if (child.isEmpty() && !isChildless()) {
            failAuthenticated("no Child SA" + refusal(peerClaim.payloads()));
            return;
        }
        offer = null;
        phase = Phase.DONE;
        table.removeAttempt(connect.expected(), this);
        table.forget(this);
        IkeSession.Start start = new IkeSession.Start(session, peer, local, current, identity, peerClaim, pathCheckId);
        IkeSession established = new IkeSession(context, table, start);
        established.open();
        child.ifPresent(established::install);
        child.ifPresent(established::sendOn);
        context.tickets().keep(connect.expected(), current.sa(), peerClaim, context.nowNs());
        early.forEach(e -> established.onMessage(e.header, e.message, e.from, e.at));
        early.clear();
    }

    private boolean isChildless() {
        return connect.localSelectors().isEmpty() && connect.remoteSelectors().isEmpty();
    }

    private Optional<ChildSa> child(Transcript current, PeerClaim peerClaim, NodeIdentity identity) {
        ChildNegotiation.Offer ourOffer = offer;
        if (ourOffer == null) {
            return Optional.empty();
        }
        ChildNegotiation children = new ChildNegotiation(context);
        return children.conclude(ourOffer, peerClaim.payloads(), PeerClaim.allowed(identity))
                .map(agreed -> children.build(
                        session, agreed, current.sa().keys(), current.nonceI(), current.nonceR(), List.of(), true));
    }

    @Override
    public void onTimer() {
        long now = context.nowNs();
        Retransmission timer = transcript != null ? transcript.sa().outstanding() : initTimer;
        if (timer != null && timer.isDue(now)) {
            if (transcript == null && init instanceof ResumeRequest && timer.repetitions() >= MAX_RESUME_REPETITIONS) {
                begin(); // older gateways do not answer
            } else if (timer.next(now)) {
                context.send(peer, local, timer.datagrams());
            } else {
                fail(lastRefusal.isEmpty() ? "no answer to " + phase : lastRefusal);
                return;
            }
        }
        if (now >= deadlineNs) {
            if (phase == Phase.YIELDED) {
                begin();
            } else {
                fail(lastRefusal.isEmpty() ? "timed out in " + phase : lastRefusal);
            }
        }
    }

    /**
     * Starts afresh, with new keys under a new SPI: under the old one the peer may have a half-open IKE SA, and would take
     * what comes now for something else than its beginning.
     */
    private void begin() {
        if (init instanceof ResumeRequest resume) {
            resume.forget();
        }
        table.unbind(spi, this);
        spi = context.newIkeSpi();
        table.bind(spi, this);
        deadlineNs = NEVER;
        phase = Phase.INIT;
        init = newInit();
        sendInit();
    }

    @Override
    public long nextWakeupNs() {
        if (phase == Phase.DONE) {
            return NEVER;
        }
        long next = initTimer == null ? NEVER : initTimer.deadlineNs();
        if (transcript != null) {
            next = Math.min(next, transcript.sa().nextWakeupNs());
        }
        return Math.min(next, deadlineNs);
    }

    /** Continues over another way. */
    void move(PeerRef to) {
        peer = to;
        Retransmission timer = transcript != null ? transcript.sa().outstanding() : initTimer;
        if (timer != null) {
            timer.restart(context.nowNs());
        }
    }

    /** The responder believes the SA to be up: tell it otherwise (RFC 7296 section 2.21.2). */
    private void failAuthenticated(String reason) {
        if (transcript != null) {
            Payloads why = Payloads.of(new Notify(NotifyType.AUTHENTICATION_FAILED));
            context.send(peer, local, transcript.sa().farewell(why, context.maxBytes(peer)));
        }
        fail(reason);
    }

    private void fail(String reason) {
        discard();
        context.event(new IkeEvent.Failed(peer, reason));
    }

    @Override
    public void discard() {
        phase = Phase.DONE;
        freeSa();
        table.unbind(spi, this);
        table.removeAttempt(connect.expected(), this);
        table.forget(this);
        initTimer = null;
        deadlineNs = NEVER;
    }

    private void freeSa() {
        if (offer != null) {
            context.spis().freed(offer.inboundSpi());
            offer = null;
        }
        if (transcript != null) {
            transcript.sa().close();
            transcript = null;
        }
    }
}
