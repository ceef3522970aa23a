// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.Machine;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.PayloadType;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * All IKE SAs of one node: routes messages and commands to attempts and sessions, and guards the door for new ones. One
 * owner thread; its outbox must keep datagrams and events in order.
 */
public final class IkeEndpoint implements Machine<IkeInput, IkeEvent> {

    /** Nodes remembered as met since our start; beyond, the oldest gets INITIAL_CONTACT once more. */
    private static final int MAX_MET = 65_536;

    /** INVALID_SPI that we send, and that we follow up; both may be provoked by anybody. */
    private static final int COMPLAINTS_PER_SECOND = 20;

    /** After a restart every peer needs one; who asks a thousand times a second is not a peer. */
    private static final int CRASH_ANSWERS_PER_SECOND = 500;

    private final IkeContext context;
    private final SaTable table = new SaTable();
    private final HalfOpenTable halfOpen;
    private final CookieGuard cookies;
    private final TokenBucket complaints = new TokenBucket(COMPLAINTS_PER_SECOND);
    private final TokenBucket doubts = new TokenBucket(COMPLAINTS_PER_SECOND);
    private final TokenBucket crashAnswers = new TokenBucket(CRASH_ANSWERS_PER_SECOND);
    private final Set<NodeId> met = new LinkedHashSet<>();

    private @Nullable Gateway elsewhere;

    /** Errors: IllegalArgumentException if the identity's certificate cannot be read. */
    public IkeEndpoint(IkeSettings settings, SpiSource spis, CryptoProvider crypto, RandomGenerator random) {
        context = new IkeContext(settings, spis, crypto, random);
        halfOpen = new HalfOpenTable(settings.limits());
        cookies = new CookieGuard(crypto, random);
    }

    @Override
    public void handle(IkeInput input, long nowNs, Outbox<IkeEvent> out) {
        context.begin(nowNs, out);
        switch (input) {
            case IkeInput.Received received -> receive(received);
            case IkeInput.Connect connect -> connect(connect);
            case IkeInput.PeerVerified verified ->
                withTicket(verified.ticket(), owner -> owner.onVerified(verified.identity()));
            case IkeInput.PeerRefused refused ->
                withTicket(refused.ticket(), owner -> owner.onRefused(refused.reason()));
            case IkeInput.SendNotify notify ->
                withSession(notify.session(), s -> s.sendNotify(notify.type(), notify.data()));
            case IkeInput.CheckLiveness check -> withSession(check.session(), IkeSession::checkLiveness);
            case IkeInput.UnknownSpi unknown -> unknownSpi(unknown);
            case IkeInput.Redirect redirect -> withSession(redirect.session(), s -> s.redirect(redirect.to()));
            case IkeInput.RedirectNewcomers redirect -> elsewhere = redirect.to();
            case IkeInput.Close close -> withSession(close.session(), s -> s.close(close.reason()));
            case IkeInput.MovePeer move -> withSession(move.session(), s -> s.move(move.to(), move.local()));
            case IkeInput.RenewIdentity renew -> context.renew(renew.identity());
            case IkeInput.RekeyChild rekey -> withSession(rekey.session(), s -> s.rekeyChild(rekey.inboundSpi()));
            case IkeInput.RekeyIke rekey -> withSession(rekey.session(), IkeSession::rekeyIke);
            case IkeInput.ChildPublished published ->
                withSession(published.session(), s -> s.published(published.inboundSpi()));
            case IkeInput.TrafficSeen seen -> withSession(seen.session(), s -> s.trafficSeen(seen.inboundSpi()));
        }
    }

    /** How many IKE SAs there are, established or on their way. */
    int ikeSas() {
        return table.ikeSas();
    }

    /** Whoever has an IKE SA here. */
    Set<SaOwner> owners() {
        return table.owners();
    }

    private void withSession(long id, Consumer<IkeSession> action) {
        IkeSession session = table.session(id);
        if (session != null) {
            action.accept(session);
            table.reschedule(session);
        }
    }

    private void withTicket(long ticket, Consumer<SaOwner> action) {
        touch(table.takeTicket(ticket), action);
    }

    private void touch(@Nullable SaOwner owner, Consumer<SaOwner> action) {
        if (owner != null) {
            action.accept(owner);
            table.reschedule(owner);
        }
    }

    // --- commands ------------------------------------------------------------------------------------------------

    private void connect(IkeInput.Connect connect) {
        NodeId node = connect.expected();
        InitiatorHandshake attempt = table.attempt(node);
        if (attempt != null) {
            if (!attempt.peer().equals(connect.peer())) {
                attempt.move(connect.peer());
                table.reschedule(attempt);
            }
            return;
        }
        if (table.sessionsWith(node).stream().anyMatch(s -> !s.isClosing())) {
            return;
        }
        table.reschedule(new InitiatorHandshake(context, table, connect, meet(node)));
    }

    /** True the first time. */
    private boolean meet(NodeId node) {
        if (!met.add(node)) {
            return false;
        }
        if (met.size() > MAX_MET) {
            met.remove(met.iterator().next());
        }
        return true;
    }

    // --- messages ------------------------------------------------------------------------------------------------

    private void receive(IkeInput.Received received) {
        byte[] message = received.message();
        if (message.length > context.settings().limits().maxMessageBytes()) {
            return;
        }
        try {
            IkeHeader header = IkeHeader.decode(message);
            if (header.majorVersion() != 2) {
                return; // answering other versions would make us a reflector
            }
            boolean first = header.exchange() == ExchangeType.IKE_SA_INIT
                    || header.exchange() == ExchangeType.IKE_SESSION_RESUME;
            boolean opens = first
                    && !header.isResponse()
                    && header.fromInitiator()
                    && header.responderSpi() == 0
                    && header.messageId() == 0;
            if (opens) {
                open(header, message, received.from(), received.local());
                return;
            }
            SaOwner owner = table.bySpi(header.receiverSpi());
            if (owner == null) {
                onStray(header, message, received.from(), received.local());
            } else {
                touch(owner, o -> o.onMessage(header, message, received.from(), received.local()));
            }
        } catch (MalformedException _) {
            // not IKE: dropped without an answer
        }
    }

    /** A message that belongs to nothing here: of an IKE SA that we have lost, or about a Child SA that a peer has lost. */
    private void onStray(IkeHeader header, byte[] message, PeerRef from, Endpoint local) throws MalformedException {
        OptionalInt unknown = OneWay.invalidSpi(header, message);
        if (unknown.isPresent()) {
            if (doubts.take(context.nowNs())) {
                table.sendingOn(unknown.getAsInt(), from).ifPresent(session -> {
                    session.doubt();
                    table.reschedule(session);
                });
            }
            return;
        }
        boolean protectedRequest = !header.isResponse()
                && header.responderSpi() != 0
                && (header.nextPayload() == PayloadType.SK || header.nextPayload() == PayloadType.SKF);
        // = rfc6290#4.5
        // # the token maker MUST NOT send a QCD_TOKEN in an unprotected message for an existing IKE SA
        boolean alive = table.bySpi(header.initiatorSpi()) != null || table.bySpi(header.responderSpi()) != null;
        if (protectedRequest && !alive && crashAnswers.take(context.nowNs())) {
            context.crashTokens().answer(header).ifPresent(answer -> context.send(from, local, List.of(answer)));
        }
    }

    private void unknownSpi(IkeInput.UnknownSpi unknown) {
        if (complaints.take(context.nowNs())) {
            context.send(unknown.from(), unknown.local(), List.of(OneWay.invalidSpi(unknown.spi())));
        }
    }

    private void open(IkeHeader header, byte[] message, PeerRef from, Endpoint local) throws MalformedException {
        Optional<ResponderHandshake> known = halfOpen.find(from, header.initiatorSpi());
        if (known.isPresent()) {
            known.orElseThrow().repeatInit(message);
            return;
        }
        InitResponse.Request request = InitResponse.parse(header, message);
        if (from instanceof PeerRef.Direct direct && halfOpen.wantsCookie(direct)) {
            Endpoint remote = direct.remote();
            long now = context.nowNs();
            if (!cookies.isValid(request.cookie(), remote, header.initiatorSpi(), request.nonce(), now)) {
                byte[] cookie = cookies.cookie(remote, header.initiatorSpi(), request.nonce(), now);
                Notify ask = new Notify(NotifyType.COOKIE, cookie);
                context.send(from, local, List.of(InitResponse.stateless(header, ask)));
                return;
            }
        }
        Gateway other = elsewhere;
        if (other != null && PeerFeatures.of(request.payloads(), false).redirect()) {
            Notify redirect = Gateway.redirect(other, request.nonce());
            context.send(from, local, List.of(InitResponse.stateless(header, redirect)));
            return;
        }
        InitResponse.Outcome outcome = header.exchange() == ExchangeType.IKE_SESSION_RESUME
                ? new ResumeResponse(context).answer(request, from)
                : new InitResponse(context).answer(request, from);
        switch (outcome) {
            case InitResponse.Outcome.Ignore _ -> {}
            case InitResponse.Outcome.Refuse refuse -> context.send(from, local, List.of(refuse.message()));
            case InitResponse.Outcome.Accept accept -> {
                yieldTo(from);
                ResponderHandshake attempt =
                        new ResponderHandshake(context, table, halfOpen, request, accept, from, local);
                table.reschedule(attempt);
                halfOpen.add(attempt);
            }
        }
    }

    /** On a crossing the higher node id gives its own attempt up, as long as it has not sent IKE_AUTH. */
    private void yieldTo(PeerRef from) {
        table.attemptTowards(from)
                .filter(a -> a.mayYield() && context.identity().node().compareTo(a.expected()) > 0)
                .ifPresent(a -> {
                    a.yieldToPeer();
                    table.reschedule(a);
                });
    }

    // --- time ----------------------------------------------------------------------------------------------------

    @Override
    public void onTimer(long nowNs, Outbox<IkeEvent> out) {
        context.begin(nowNs, out);
        Set<SaOwner> served = new HashSet<>();
        for (Optional<SaOwner> due = table.due(nowNs); due.isPresent(); due = table.due(nowNs)) {
            SaOwner owner = due.orElseThrow();
            if (!served.add(owner)) {
                return; // an owner that stays due gets its next turn from the shell, and cannot hang this one
            }
            owner.onTimer();
            table.reschedule(owner);
        }
    }

    @Override
    public long nextWakeupNs() {
        return table.nextWakeupNs();
    }
}
