// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import io.vpnmesh.ipsec.message.IkePayload.KeyExchange;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.IkePayload.SecurityAssociation;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A peer's attempt after its IKE_SA_INIT was answered: half-open until IKE_AUTH is verified. Lives for a bounded time and
 * costs one answer in the cache.
 */
final class ResponderHandshake implements SaOwner {

    enum Phase {
        HALF_OPEN,
        VERIFYING,
        /** Refused; the answer stays for repetitions of the request. */
        REFUSED,
        /** A session has taken over. */
        DONE
    }

    private final IkeContext context;
    private final SaTable table;
    private final HalfOpenTable halfOpen;
    private final Transcript transcript;
    private final byte[] initRequest;
    private final byte[] initResponse;
    private final long session;
    private final String pathCheckId;
    private final PeerRef source;
    private final long deadlineNs;

    private PeerRef peer;
    private Endpoint local;
    private Phase phase = Phase.HALF_OPEN;
    private int exchange = ExchangeType.IKE_AUTH;
    private @Nullable PeerClaim claim;

    ResponderHandshake(
            IkeContext context,
            SaTable table,
            HalfOpenTable halfOpen,
            InitResponse.Request request,
            InitResponse.Outcome.Accept accepted,
            PeerRef from,
            Endpoint at) {
        this.context = context;
        this.table = table;
        this.halfOpen = halfOpen;
        transcript = accepted.transcript();
        initRequest = request.message();
        initResponse = accepted.message();
        session = context.nextNumber();
        pathCheckId = context.newPathCheckId();
        source = from;
        peer = from;
        local = at;
        deadlineNs = context.nowNs() + context.settings().limits().halfOpenLifetimeNs();
        table.bind(transcript.sa().localSpi(), this);
        context.send(peer, local, List.of(initResponse));
    }

    PeerRef source() {
        return source;
    }

    long initiatorSpi() {
        return transcript.sa().remoteSpi();
    }

    @Override
    public Phase state() {
        return phase;
    }

    boolean isVerifying() {
        return phase == Phase.VERIFYING;
    }

    /** The same IKE_SA_INIT request again: the same answer again. */
    void repeatInit(byte[] request) {
        if (Arrays.equals(request, initRequest)) {
            context.send(peer, local, List.of(initResponse));
        }
    }

    @Override
    public void onMessage(IkeHeader header, byte[] message, PeerRef from, Endpoint at) {
        if (phase == Phase.VERIFYING || (phase == Phase.HALF_OPEN && halfOpen.isVerifying(source))) {
            return; // the peer will repeat it; one signature check at a time for each source
        }
        switch (transcript.sa().receive(header, message)) {
            case IkeSa.Reception.Nothing _ -> {}
            case IkeSa.Reception.Repeat repeat -> context.send(from, at, repeat.datagrams());
            case IkeSa.Reception.Message received -> {
                if (phase == Phase.HALF_OPEN && !received.incoming().header().isResponse()) {
                    peer = from;
                    local = at;
                    onRequest(received.incoming());
                }
            }
        }
    }

    private void onRequest(IkeSa.Incoming incoming) {
        exchange = incoming.header().exchange();
        Payloads payloads = incoming.payloads().orElse(null);
        if (payloads == null) {
            refuse(NotifyType.INVALID_SYNTAX, "malformed payloads");
        } else if (payloads.unsupportedCritical().isPresent()) {
            byte[] type = {(byte) payloads.unsupportedCritical().orElseThrow().type()};
            respond(new Notify(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, type));
            phase = Phase.REFUSED;
        } else if (exchange != transcript.nextExchange()) {
            refuse(NotifyType.INVALID_SYNTAX, "exchange " + exchange + " out of order");
        } else if (exchange == ExchangeType.IKE_INTERMEDIATE) {
            onIntermediate(incoming, payloads);
        } else {
            transcript.authMessageId(incoming.header().messageId());
            onAuth(payloads);
        }
    }

    private void onIntermediate(IkeSa.Incoming incoming, Payloads payloads) {
        var method = transcript.sa().suite().additional().getFirst();
        Optional<KeyExchange> ke =
                payloads.first(KeyExchange.class).filter(k -> k.method() == Algorithms.transformId(method));
        if (ke.isEmpty()) {
            refuse(NotifyType.INVALID_SYNTAX, "IKE_INTERMEDIATE without its key exchange");
            return;
        }
        try {
            KeyAgreement.Response answer =
                    context.crypto().respond(method, ke.orElseThrow().data());
            transcript.addIntermediate(true, incoming.content());
            IkeSa.Outgoing sent = respond(new KeyExchange(Algorithms.transformId(method), answer.publicValue()));
            transcript.addIntermediate(false, sent.content());
            transcript.strengthen(answer.secret());
        } catch (MalformedException e) {
            refuse(NotifyType.INVALID_SYNTAX, e.getMessage());
        }
    }

    private void onAuth(Payloads payloads) {
        claim = PeerClaim.of(payloads, transcript).orElse(null);
        if (claim == null) {
            refuse(NotifyType.AUTHENTICATION_FAILED, "no certificate or no signature: EAP and PSK are not spoken here");
            return;
        }
        phase = Phase.VERIFYING;
        long ticket = context.nextNumber();
        table.await(ticket, this);
        context.event(new IkeEvent.VerifyPeer(ticket, peer, claim.certificatesDer()));
    }

    @Override
    public void onRefused(String reason) {
        refuse(NotifyType.AUTHENTICATION_FAILED, "the peer's certificate is refused: " + reason);
    }

    @Override
    public void onVerified(NodeIdentity identity) {
        PeerClaim peerClaim = claim;
        if (phase != Phase.VERIFYING || peerClaim == null) {
            return;
        }
        if (source instanceof PeerRef.Signalled signalled && !signalled.node().equals(identity.node())) {
            refuse(
                    NotifyType.AUTHENTICATION_FAILED,
                    "the relay says node " + signalled.node() + ", the certificate " + identity.node());
            return;
        }
        Optional<String> problem = peerClaim.problem(new PeerAuthenticator(context.crypto()), transcript);
        if (problem.isPresent()) {
            refuse(NotifyType.AUTHENTICATION_FAILED, problem.orElseThrow());
            return;
        }
        LocalCredentials credentials = context.credentials();
        Identification id = credentials.identification(false);
        var auth = transcript.prove(context, id);
        if (auth.isEmpty()) {
            refuse(NotifyType.AUTHENTICATION_FAILED, "the peer accepts no signature of our kind (RFC 7427)");
            return;
        }
        List<IkePayload> payloads = new ArrayList<>();
        payloads.add(id);
        if (transcript.resumed().isEmpty()) {
            payloads.addAll(credentials.certificates(transcript.features().ownPeer()));
        }
        payloads.add(auth.orElseThrow());
        accept(identity, peerClaim, payloads);
    }

    private void accept(NodeIdentity identity, PeerClaim peerClaim, List<IkePayload> payloads) {
        boolean own = transcript.features().ownPeer();
        boolean wantsChild =
                peerClaim.payloads().first(SecurityAssociation.class).isPresent();
        IkeSession.Start start =
                new IkeSession.Start(session, peer, local, transcript, identity, peerClaim, pathCheckId);
        phase = Phase.DONE;
        table.forget(this);
        halfOpen.remove(this);
        IkeSession established = new IkeSession(context, table, start);
        established.open();
        Optional<ChildSa> child = Optional.empty();
        if (wantsChild) {
            ChildNegotiation children = new ChildNegotiation(context);
            switch (children.answer(peerClaim.payloads(), peer, own, PeerClaim.allowed(identity))) {
                case ChildNegotiation.Answer.Refused refused -> payloads.add(new Notify(refused.notifyType()));
                case ChildNegotiation.Answer.Accepted accepted -> {
                    payloads.add(accepted.sa());
                    payloads.addAll(accepted.selectors());
                    child = Optional.of(children.build(
                            session,
                            accepted.agreed(),
                            transcript.sa().keys(),
                            transcript.nonceI(),
                            transcript.nonceR(),
                            List.of(),
                            false));
                }
            }
        }
        if (own) {
            payloads.addAll(Transcript.ownNotifies(context, pathCheckId));
        } else if (peerClaim.payloads().has(NotifyType.MOBIKE_SUPPORTED)) {
            payloads.add(new Notify(NotifyType.MOBIKE_SUPPORTED));
        }
        IkeSa sa = transcript.sa();
        payloads.addAll(context.tickets().issue(sa, peerClaim, context.wallMs()));
        payloads.addAll(context.crashTokens().offer(sa.initiatorSpi(), sa.responderSpi()));
        child.ifPresent(established::install);
        IkeSa.Outgoing sent =
                transcript.sa().respond(ExchangeType.IKE_AUTH, new Payloads(payloads), context.maxBytes(peer));
        context.send(peer, local, sent.datagrams());
        child.ifPresent(established::sendOn);
    }

    private IkeSa.Outgoing respond(IkePayload... payloads) {
        IkeSa.Outgoing sent = transcript.sa().respond(exchange, Payloads.of(payloads), context.maxBytes(peer));
        context.send(peer, local, sent.datagrams());
        return sent;
    }

    private void refuse(int notifyType, String reason) {
        respond(new Notify(notifyType));
        phase = Phase.REFUSED;
        context.event(new IkeEvent.Failed(peer, reason));
    }

    @Override
    public void onTimer() {
        if (context.nowNs() >= deadlineNs) {
            discard();
        }
    }

    @Override
    public long nextWakeupNs() {
        return phase == Phase.DONE ? NEVER : deadlineNs;
    }

    @Override
    public void discard() {
        phase = Phase.DONE;
        table.unbind(transcript.sa().localSpi(), this);
        table.forget(this);
        halfOpen.remove(this);
        transcript.sa().close();
    }
}
