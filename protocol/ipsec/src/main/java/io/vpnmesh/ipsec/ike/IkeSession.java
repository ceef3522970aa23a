// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An authenticated peer: its current IKE SA, those on their way in and out during a rekey, and its Child SAs. Sequences
 * our requests, answers the peer's.
 */
final class IkeSession implements SaOwner {

    /** A peer's claims in the clear are followed up no more often than this. */
    private static final long DOUBT_NS = 2_000_000_000L;

    private final IkeContext context;
    private final SaTable table;
    private final Start start;
    private final long createdNs;
    private final ChildTable children;
    private final RequestHandler requests;
    private final Rekeying rekeying;
    private final Exchanges exchanges;

    private PeerRef peer;
    private Endpoint local;
    private IkeSa current;
    private long lingerNs = NEVER;
    private long ikeSoftNs;
    private long ikeHardNs;
    private boolean hadChild;
    private boolean closed;
    private @Nullable Farewell farewell;
    private long doubtNs;

    /**
     * What a handshake hands over.
     *
     * @param ownPathCheckId the USERNAME we chose
     */
    record Start(
            long session,
            PeerRef peer,
            Endpoint local,
            Transcript transcript,
            NodeIdentity identity,
            PeerClaim claim,
            String ownPathCheckId) {}

    IkeSession(IkeContext context, SaTable table, Start start) {
        this.context = context;
        this.table = table;
        this.start = start;
        peer = start.peer;
        local = start.local;
        current = start.transcript.sa();
        createdNs = context.nowNs();
        exchanges = new Exchanges(context, table, this);
        children = new ChildTable(context, start.session);
        rekeying = new Rekeying(context, this, children);
        requests = new RequestHandler(context, this, children, rekeying);
        renewLifetime();
    }

    /** Takes its place in the tables and says so. */
    void open() {
        exchanges.adopt(current);
        current.keepCrashToken(start.claim.payloads());
        table.addSession(this);
        context.event(new IkeEvent.Established(
                start.session,
                peer,
                local,
                isInitiator(),
                start.identity,
                current.keys().pathCheckKeys(current.initiatorSpi(), current.responderSpi()),
                isOwnPeer(),
                start.claim.bootEpoch(),
                start.claim.pathCheckId(),
                start.ownPathCheckId,
                current.suite() + (start.transcript.resumed().isPresent() ? " resumed" : "")));
        if (isOwnPeer()) {
            start.claim
                    .payloads()
                    .notify(NotifyType.CAPABILITIES)
                    .ifPresent(n ->
                            context.event(new IkeEvent.Notified(start.session, NotifyType.CAPABILITIES, n.data())));
        }
        Duplicates.settle(context, table, this);
        table.reschedule(this);
    }

    /** Where a session is in its life, as far as its IKE SAs go. */
    enum State {
        ESTABLISHED,
        /** By an exchange of ours. */
        REKEYING,
        /** By the peer, and nothing has come of it yet. */
        PEER_REKEYING,
        /** The peer has made a successor and is to delete the IKE SA in use. */
        SUCCEEDED,
        /** By both. */
        COLLIDING,
        /** Has lost against another session with the same node. */
        LINGERING,
        CLOSING,
        CLOSED
    }

    @Override
    public State state() {
        if (closed) {
            return State.CLOSED;
        }
        if (farewell != null) {
            return State.CLOSING;
        }
        return lingerNs != NEVER ? State.LINGERING : rekeying.state();
    }

    ChildTable children() {
        return children;
    }

    void install(ChildSa child) {
        hadChild = true;
        children.install(child);
        table.reschedule(this);
    }

    void sendOn(ChildSa child) {
        children.sendOn(child);
    }

    long id() {
        return start.session;
    }

    NodeId node() {
        return start.identity.node();
    }

    NodeIdentity identity() {
        return start.identity;
    }

    PeerRef peer() {
        return peer;
    }

    /** Where our messages leave. */
    Endpoint local() {
        return local;
    }

    Exchanges exchanges() {
        return exchanges;
    }

    boolean isOwnPeer() {
        return start.transcript.features().ownPeer();
    }

    PeerFeatures features() {
        return start.transcript.features();
    }

    /** Whether we started the session, whoever rekeyed since. */
    boolean isInitiator() {
        return start.transcript.isInitiator();
    }

    PeerClaim claim() {
        return start.claim;
    }

    long ageNs() {
        return context.nowNs() - createdNs;
    }

    IkeSa current() {
        return current;
    }

    boolean isClosing() {
        return farewell != null || closed;
    }

    // --- IKE SAs -------------------------------------------------------------------------------------------------

    /** New requests go through this IKE SA from here on. */
    void switchTo(IkeSa sa) {
        current = sa;
        renewLifetime();
        if (sa.isInitiator()) {
            // The responder of a rekey has put its token into the answer; the SPIs are only known to us since then.
            List<Notify> token = context.crashTokens().offer(sa.initiatorSpi(), sa.responderSpi());
            token.forEach(notify -> enqueue(new Informational.CrashToken(notify, () -> sa != current)));
        }
        context.event(new IkeEvent.PathKeysChanged(
                id(), sa.keys().pathCheckKeys(sa.initiatorSpi(), sa.responderSpi()), sa.isInitiator()));
    }

    /** An IKE SA has gone, whoever has ended it. */
    void onDropped(IkeSa sa) {
        rekeying.onDropped(sa);
    }

    private void renewLifetime() {
        long lifetime = context.settings().timing().ikeLifetimeNs();
        ikeSoftNs = context.nowNs() + context.jittered(lifetime);
        ikeHardNs = context.nowNs() + lifetime + lifetime / 2;
    }

    // --- messages ------------------------------------------------------------------------------------------------

    @Override
    public void onMessage(IkeHeader header, byte[] message, PeerRef from, Endpoint at) {
        IkeSa sa = exchanges.find(header.receiverSpi());
        if (sa == null) {
            return;
        }
        if (CrashTokens.isAnswer(header)) {
            onCrashAnswer(sa, header, message);
            return;
        }
        switch (sa.receive(header, message)) {
            case IkeSa.Reception.Nothing _ -> {}
            case IkeSa.Reception.Repeat repeat -> context.send(from, at, repeat.datagrams());
            case IkeSa.Reception.Message received -> {
                follow(from, at);
                if (received.incoming().header().isResponse()) {
                    exchanges.onResponse(sa, received.incoming());
                } else {
                    requests.onRequest(sa, received.incoming(), from, at);
                }
                pump();
            }
        }
    }

    /** The peer answers in the clear that it knows nothing of the IKE SA; believed only with the token it once gave. */
    private void onCrashAnswer(IkeSa sa, IkeHeader header, byte[] message) {
        if (!sa.isProvenLost(header, message)) {
            return;
        }
        if (sa == current) {
            terminate(reasonOr("the peer has lost its state"));
        } else {
            exchanges.drop(sa);
            pump();
        }
    }

    /** A fresh authentic message shows where the peer is now, if a NAT or the peer has moved it. */
    private void follow(PeerRef from, Endpoint at) {
        if (from instanceof PeerRef.Direct && peer instanceof PeerRef.Direct) {
            local = at;
            if (!from.equals(peer)) {
                peer = from;
                context.event(new IkeEvent.PeerMoved(id(), peer, local));
            }
        }
    }

    void respond(IkeSa sa, int exchange, Payloads payloads, PeerRef to, Endpoint at) {
        if (exchanges.find(sa.localSpi()) != sa) {
            return; // the IKE SA went while the answer was being prepared
        }
        context.send(
                to, at, sa.respond(exchange, payloads, context.maxBytes(to)).datagrams());
    }

    /** Puts a request at the end of the queue; abandoned when the queue is full. */
    void enqueue(Exchange exchange) {
        exchanges.enqueue(exchange);
        pump();
    }

    /** Sends the next request when the current IKE SA is idle. */
    void pump() {
        if (farewell != null && !closed) {
            if (exchanges.sas().isEmpty()) {
                terminate(farewell.reason());
                return;
            }
            farewell.say();
            table.reschedule(this);
            return;
        }
        if (isOwnPeer() && hadChild && !closed && children.active().isEmpty()) {
            close("no Child SA is left"); // our own peers have no other use for a session, and a new one is cheap
            return;
        }
        if (!closed) {
            exchanges.endDue();
            if (rekeying.isHoldingRequests()) {
                exchanges.sendUrgent(current);
            } else {
                exchanges.sendNext(current);
            }
        }
        table.reschedule(this);
    }

    // --- commands ------------------------------------------------------------------------------------------------

    void sendNotify(int type, byte[] data) {
        if (!isOwnPeer()) {
            return;
        }
        if (exchanges.lastWaiting() instanceof Informational.Notifies waiting) {
            waiting.add(new Notify(type, data));
            return;
        }
        Informational.Notifies notifies = new Informational.Notifies();
        notifies.add(new Notify(type, data));
        enqueue(notifies);
    }

    void checkLiveness() {
        if (!exchanges.isUnderWay(Informational.Liveness.class)) {
            enqueue(new Informational.Liveness(() -> context.event(new IkeEvent.LivenessConfirmed(id()))));
        }
    }

    /** A message in the clear says that the peer does not know a Child SA: a reason to ask it, and nothing more. */
    void doubt() {
        if (context.nowNs() >= doubtNs) {
            doubtNs = context.nowNs() + DOUBT_NS;
            checkLiveness();
        }
    }

    boolean sendsOn(int outboundSpi) {
        return children.byOutbound(outboundSpi).isPresent();
    }

    /** Sends a client that can follow to another gateway (RFC 5685 section 5). */
    void redirect(Gateway to) {
        if (!isInitiator() && features().redirect()) {
            Informational.Notifies redirect = new Informational.Notifies();
            redirect.add(Gateway.redirect(to, new byte[0]));
            enqueue(redirect);
        }
    }

    void rekeyChild(int inboundSpi) {
        children.byInbound(inboundSpi).ifPresent(rekeying::startChild);
        pump();
    }

    void rekeyIke() {
        rekeying.startIke();
        pump();
    }

    void published(int inboundSpi) {
        rekeying.published(inboundSpi);
        pump();
    }

    void trafficSeen(int inboundSpi) {
        rekeying.trafficSeen(inboundSpi);
    }

    void move(PeerRef to, Endpoint from) {
        peer = to;
        local = from;
        exchanges.restart();
        // = rfc4555#3.5
        // # the initiator (of the IKE_SA) decides which addresses are used
        if (!isOwnPeer() && isInitiator() && start.claim.payloads().has(NotifyType.MOBIKE_SUPPORTED)) {
            enqueue(new Informational.UpdateAddresses(
                    this::natDetection,
                    context.newNonce(),
                    () -> context.event(new IkeEvent.PeerMoved(id(), peer, local))));
        }
        table.reschedule(this);
    }

    private List<IkePayload> natDetection() {
        return Transcript.natDetection(context, current.initiatorSpi(), current.responderSpi(), peer);
    }

    /** Says goodbye: the peer deletes its side, we end when it has confirmed or stays silent. */
    void close(String reason) {
        if (isClosing()) {
            return;
        }
        farewell = new Farewell(context, this, children.inboundSpis(), reason);
        children.removeAll();
        exchanges.clearQueue();
        pump();
    }

    private String reasonOr(String otherwise) {
        return farewell == null ? otherwise : farewell.reason();
    }

    /** Loses against another session with the same node: both stay for a moment, then this one is deleted. */
    void linger(long forNs) {
        lingerNs = Math.min(lingerNs, context.nowNs() + forNs);
        table.reschedule(this);
    }

    /** Ends without a word, or with the last word said. */
    void terminate(String reason) {
        if (closed) {
            return;
        }
        closed = true;
        exchanges.dropAll();
        exchanges.clearQueue();
        rekeying.abandon();
        children.removeAll();
        table.removeSession(this);
        table.forget(this);
        context.event(new IkeEvent.Closed(id(), peer, reason));
    }

    @Override
    public void discard() {
        terminate("discarded");
    }

    // --- time ----------------------------------------------------------------------------------------------------

    @Override
    public void onTimer() {
        long now = context.nowNs();
        if (!exchanges.repeatDue(current)) {
            terminate(reasonOr("the peer does not answer"));
            return;
        }
        if (now >= lingerNs) {
            lingerNs = NEVER;
            close("another session with the same node is kept");
        }
        if (now >= ikeHardNs) {
            ikeHardNs = NEVER;
            close("the IKE SA has reached its hard lifetime");
        }
        if (now >= ikeSoftNs) {
            ikeSoftNs = NEVER;
            rekeying.startIke();
        }
        children.onTimer().forEach(rekeying::startChild);
        rekeying.onTimer();
        pump();
    }

    @Override
    public long nextWakeupNs() {
        if (closed) {
            return NEVER;
        }
        long next = Math.min(Math.min(lingerNs, ikeSoftNs), ikeHardNs);
        if (farewell != null) {
            next = Math.min(next, farewell.nextWakeupNs());
        }
        next = Math.min(next, exchanges.nextWakeupNs());
        return Math.min(next, Math.min(children.nextWakeupNs(), rekeying.nextWakeupNs()));
    }
}
