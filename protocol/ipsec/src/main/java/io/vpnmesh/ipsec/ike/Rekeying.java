// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.IkePayload.SecurityAssociation;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.TransformType;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Replacing the SAs of one session: starts exchanges of ours, decides when both sides rekey at once, and keeps the order
 * that loses no packet. A new inbound SA is published before the answer leaves; the responder sends on the old SA until
 * the peer deletes it or is seen on the new one; the old inbound SA stays for late packets.
 */
final class Rekeying {

    /** After TEMPORARY_FAILURE or a full queue (RFC 7296 section 2.25). */
    static final long RETRY_NS = 2_000_000_000L;

    /** Answers of STATE_NOT_FOUND in a row that are a misfortune. */
    private static final int MAX_NOT_FOUND = 3;

    /** The owner's publication is awaited no longer than this. */
    private static final long PUBLICATION_NS = 1_000_000_000L;

    private final IkeContext context;
    private final IkeSession session;
    private final ChildTable children;
    private final PeerRekey peerRekey;

    private final ChildRekeying childRekeying;

    private @Nullable IkeRekey ours;
    private int notFound;
    private boolean ikeDue;
    private long ikeRetryNs = SaOwner.NEVER;
    private long holdNs = SaOwner.NEVER;
    private @Nullable HeldReply held;

    /** An answer that waits for the packet threads. */
    private record HeldReply(
            RequestHandler.Asker asker, int exchange, Payloads payloads, int inboundSpi, long deadlineNs) {}

    Rekeying(IkeContext context, IkeSession session, ChildTable children) {
        this.context = context;
        this.session = session;
        this.children = children;
        peerRekey = new PeerRekey(context, session, children);
        childRekeying = new ChildRekeying(context, session, children, this, peerRekey);
    }

    IkeSession.State state() {
        boolean theirs = peerRekey.isUnderWay();
        if (ours != null) {
            return theirs ? IkeSession.State.COLLIDING : IkeSession.State.REKEYING;
        }
        if (peerRekey.successor() != null) {
            return IkeSession.State.SUCCEEDED;
        }
        return theirs ? IkeSession.State.PEER_REKEYING : IkeSession.State.ESTABLISHED;
    }

    // --- our Child SA rekeys -------------------------------------------------------------------------------------

    void startChild(ChildTable.Child child) {
        childRekeying.start(child);
    }

    // --- what both have in common --------------------------------------------------------------------------------

    boolean isIkeUnderWay() {
        return ours != null;
    }

    /** A rekey of ours is through, with whatever key exchanges it had. */
    void onFollowedUp() {
        notFound = 0;
    }

    /** RFC 9370 section 2.2.4: STATE_NOT_FOUND fails a series, which may be tried again; again and again it ends the IKE SA. */
    boolean closesOn(int error) {
        if (error != NotifyType.STATE_NOT_FOUND || ++notFound <= MAX_NOT_FOUND) {
            return false;
        }
        session.close("the peer forgets the key exchanges that it has begun");
        return true;
    }

    // --- our IKE SA rekey ----------------------------------------------------------------------------------------

    void startIke() {
        if (ours != null || session.isClosing()) {
            return;
        }
        ikeDue = true;
        if (childRekeying.isBusy() || peerRekey.isUnderWay()) {
            ikeRetryNs = context.nowNs() + RETRY_NS;
            return;
        }
        IkeRekey exchange = new IkeRekey(context, session, this);
        ours = exchange;
        session.enqueue(exchange);
    }

    /** Whether the peer's own rekey of the same IKE SA wins over one with these nonces. */
    boolean losesAgainstPeer(RekeyArbiter.Nonces nonces) {
        RekeyArbiter.Nonces theirs = peerRekey.nonces();
        return theirs != null && RekeyArbiter.isRedundant(nonces, theirs);
    }

    void onIkeReplaced(IkeSa old, IkeSa fresh, RekeyArbiter.Nonces nonces) {
        ours = null;
        onFollowedUp();
        session.exchanges().adopt(fresh);
        if (session.isClosing()) {
            return; // it is deleted with the others
        }
        if (losesAgainstPeer(nonces)) {
            session.exchanges().end(fresh);
            return;
        }
        IkeSa redundant = peerRekey.successor();
        takeOver(fresh);
        session.exchanges().end(old);
        if (redundant != null) {
            // Its maker deletes it, unless our answer is lost and with the old IKE SA all chance to repeat it.
            session.exchanges().endAt(redundant, context.nowNs() + holdTimeNs());
        }
    }

    private void takeOver(IkeSa successor) {
        ours = null;
        ikeDue = false;
        ikeRetryNs = SaOwner.NEVER;
        holdNs = SaOwner.NEVER;
        peerRekey.forget();
        session.switchTo(successor);
    }

    /** How long the peer has to delete what it has replaced: without our answer it knows of no successor. */
    private long holdTimeNs() {
        return context.settings().timing().recallNs();
    }

    void onIkeRefused(IkeRekey which, int error) {
        closesOn(error);
        onIkeLost(which);
    }

    /** It came to nothing: the peer's own rekey was better, or the IKE SA has gone, and another may have begun since. */
    void onIkeLost(IkeRekey which) {
        if (ours == which) {
            ours = null;
            retryIke();
        }
    }

    private void retryIke() {
        if (ikeDue && !peerRekey.isUnderWay()) {
            ikeRetryNs = context.nowNs() + context.jittered(RETRY_NS);
        }
    }

    // --- the peer's requests -------------------------------------------------------------------------------------

    /** Whether the answer to this IKE SA's request is still being prepared; repetitions are then ignored. */
    boolean isAnswering(IkeSa sa) {
        return held != null && held.asker.sa() == sa;
    }

    void onCreateChild(RequestHandler.Asker asker, Payloads payloads) {
        Optional<SecurityAssociation> sa = payloads.first(SecurityAssociation.class);
        boolean forIke = sa.isPresent()
                && sa.orElseThrow().proposals().stream().anyMatch(p -> p.protocol() == TransformType.PROTOCOL_IKE);
        List<IkePayload> reply;
        onUsed(asker.sa());
        if (session.isClosing() || asker.sa() != session.current()) {
            reply = List.of(new Notify(NotifyType.TEMPORARY_FAILURE));
        } else if (forIke) {
            reply = childRekeying.isBusy() || peerRekey.isUnderWay()
                    ? List.of(new Notify(NotifyType.TEMPORARY_FAILURE))
                    : peerRekey.ike(asker.sa(), payloads, session.exchanges()::adopt);
            holdNs = peerRekey.isUnderWay() ? context.nowNs() + holdTimeNs() : holdNs;
        } else if (ours != null || peerRekey.isUnderWay()) {
            reply = List.of(new Notify(NotifyType.TEMPORARY_FAILURE));
        } else {
            reply = peerRekey.child(asker.sa(), payloads);
        }
        reply(asker, ExchangeType.CREATE_CHILD_SA, reply);
    }

    void onFollowUp(RequestHandler.Asker asker, Payloads payloads) {
        reply(asker, ExchangeType.IKE_FOLLOWUP_KE, peerRekey.followUp(asker.sa(), payloads));
    }

    /** Sends the answer, or holds it until the packet threads know a Child SA that was just made. */
    private void reply(RequestHandler.Asker asker, int exchange, List<IkePayload> payloads) {
        Optional<ChildSa> made = peerRekey.takeMade();
        if (made.isPresent() && context.settings().awaitPublication()) {
            held = new HeldReply(
                    asker,
                    exchange,
                    new Payloads(payloads),
                    made.orElseThrow().inboundSpi(),
                    context.nowNs() + PUBLICATION_NS);
            return;
        }
        session.respond(asker.sa(), exchange, new Payloads(payloads), asker.from(), asker.at());
        made.ifPresent(this::sendUnlessReplacing);
    }

    private void sendUnlessReplacing(ChildSa made) {
        if (children.predecessorOf(made).isEmpty()) {
            children.sendOn(made);
        }
    }

    void published(int inboundSpi) {
        HeldReply waiting = held;
        if (waiting != null && waiting.inboundSpi == inboundSpi) {
            release(waiting);
        }
    }

    private void release(HeldReply waiting) {
        held = null;
        RequestHandler.Asker asker = waiting.asker;
        session.respond(asker.sa(), waiting.exchange, waiting.payloads, asker.from(), asker.at());
        children.byInbound(waiting.inboundSpi).ifPresent(c -> sendUnlessReplacing(c.sa()));
    }

    /** The peer is on the new SA, so it has our answer: nothing needs the old one any more. */
    void trafficSeen(int inboundSpi) {
        children.byInbound(inboundSpi)
                .filter(c -> children.predecessorOf(c.sa()).isPresent())
                .ifPresent(c -> children.sendOn(c.sa()));
    }

    /** Our own requests wait while the peer is about to delete the IKE SA that they would use, but for urgent ones. */
    boolean isHoldingRequests() {
        return peerRekey.successor() != null && ours == null && holdNs != SaOwner.NEVER && !session.isClosing();
    }

    // --- the peer's deletes --------------------------------------------------------------------------------------

    /** The peer deletes the IKE SA in use; true if another takes over. */
    boolean onCurrentDeleted() {
        IkeSa successor = peerRekey.successor();
        if (successor == null) {
            return false;
        }
        IkeSa old = session.current();
        takeOver(successor);
        session.exchanges().drop(old);
        return true;
    }

    /** The peer asks something on this IKE SA, so it has our answer and will not go back behind it. */
    void onUsed(IkeSa sa) {
        if (sa == peerRekey.successor() && ours == null && !session.isClosing()) {
            IkeSa old = session.current();
            takeOver(sa);
            session.exchanges().endAt(old, context.nowNs() + holdTimeNs());
        }
    }

    /** An IKE SA has gone; if the peer has made it, nothing will come of it. */
    void onDropped(IkeSa sa) {
        if (sa == peerRekey.successor()) {
            peerRekey.forget();
            holdNs = SaOwner.NEVER;
        }
    }

    /** The peer deletes a Child SA; false if we are deleting it too and it needs no mention in the answer. */
    boolean onChildDeleted(ChildTable.Child child) {
        boolean mention = !child.isDeleting() && !child.isRetired();
        ChildSa successor = child.successor();
        if (successor != null) {
            children.sendOn(successor);
            children.retire(child);
            return mention;
        }
        children.predecessorOf(child.sa()).ifPresent(ChildTable.Child::forgetSuccessor);
        if (!child.isRetired()) {
            children.remove(child);
        }
        return mention;
    }

    // --- time ----------------------------------------------------------------------------------------------------

    void onTimer() {
        long now = context.nowNs();
        if (now >= ikeRetryNs) {
            ikeRetryNs = SaOwner.NEVER;
            startIke();
        }
        HeldReply waiting = held;
        if (waiting != null && now >= waiting.deadlineNs) {
            release(waiting);
        }
        if (now >= holdNs) {
            onPeerSilent();
        }
        peerRekey.onTimer();
    }

    /** The peer has neither gone on with its rekey nor deleted what it has replaced. */
    private void onPeerSilent() {
        IkeSa successor = peerRekey.successor();
        if (session.isClosing()) {
            holdNs = SaOwner.NEVER; // every IKE SA is deleted for itself, and nothing takes over
        } else if (ours != null) {
            holdNs = context.nowNs() + RETRY_NS; // what becomes of our own decides
        } else if (successor == null) {
            holdNs = SaOwner.NEVER;
            peerRekey.forget();
            retryIke();
        } else {
            IkeSa old = session.current();
            takeOver(successor);
            session.exchanges().end(old);
        }
    }

    long nextWakeupNs() {
        long next = Math.min(Math.min(ikeRetryNs, holdNs), peerRekey.nextWakeupNs());
        return held == null ? next : Math.min(next, held.deadlineNs);
    }

    void abandon() {
        held = null;
        ours = null;
        peerRekey.forget();
    }
}
