// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Our own rekeys of the Child SAs of one session: when one may start and what it offers, which stays when the peer rekeys the
 * same Child SA (RFC 7296 section 2.8.1), and when one that came to nothing is tried again.
 */
final class ChildRekeying {

    private final IkeContext context;
    private final IkeSession session;
    private final ChildTable children;
    private final Rekeying rekeying;
    private final PeerRekey peerRekey;
    /** What the peer wants in a KE payload, once it has said so. */
    private @Nullable KeyMethod wanted;

    ChildRekeying(IkeContext context, IkeSession session, ChildTable children, Rekeying rekeying, PeerRekey peerRekey) {
        this.context = context;
        this.session = session;
        this.children = children;
        this.rekeying = rekeying;
        this.peerRekey = peerRekey;
    }

    void start(ChildTable.Child child) {
        if (child.isRekeying() && !child.isRetryDue(context.nowNs())) {
            return;
        }
        child.rekeying(true);
        if (session.isClosing() || child.isRetired() || child.isDeleting() || child.successor() != null) {
            return;
        }
        ChildRekey exchange = new ChildRekey(context, session, this, child, keyExchangeFor(child));
        boolean waits = rekeying.isIkeUnderWay() || child.isPeerRekeying() || !children.isKnownToPeer(child);
        if (waits || !exchange.prepare()) {
            child.retryAt(context.nowNs() + Rekeying.RETRY_NS);
            return;
        }
        child.attempt(ChildTable.Attempt.ASKED);
        session.enqueue(exchange);
    }

    /** Our own peers never want one: their IKE SAs are hybrid, and so is SK_d. Others choose from both. */
    private @Nullable KeyAgreement keyExchangeFor(ChildTable.Child child) {
        if (session.isOwnPeer() || child.isOfferedNone()) {
            return null;
        }
        KeyMethod method = wanted;
        return context.crypto()
                .keyAgreement(method == null ? session.current().suite().keyMethod() : method);
    }

    /** RFC 7296 section 2.25.2: the IKE SA is not rekeyed while its Child SAs change. */
    boolean isBusy() {
        return session.exchanges().isUnderWay(ChildRekey.class)
                || session.exchanges().isUnderWay(Informational.DeleteChild.class)
                || children.all().stream().anyMatch(ChildTable.Child::isFollowedUp);
    }

    /**
     * Whether our rekey is worth its additional key exchanges. If the peer's wins, it goes on with that and not with ours; if
     * ours does, the peer stops.
     */
    boolean goesOn(ChildTable.Child old, RekeyArbiter.Nonces nonces) {
        if (old.losesAgainstPeer(nonces)) {
            return false;
        }
        peerRekey.forget(old);
        old.attempt(ChildTable.Attempt.FOLLOWED_UP);
        return true;
    }

    /** Our rekey was answered: the new inbound SA is published first, then everything else happens. */
    void onReplaced(ChildTable.Child old, ChildSa fresh, RekeyArbiter.Nonces nonces) {
        old.attempt(ChildTable.Attempt.NONE);
        rekeying.onFollowedUp();
        children.install(fresh);
        if (old.losesAgainstPeer(nonces)) {
            children.byInbound(fresh.inboundSpi()).ifPresent(this::delete);
            tryAgain(old); // unless the peer's successor comes, and the peer deletes the old one
            return;
        }
        peerRekey.forget(old);
        children.sendOn(fresh);
        if (old.isInstalled() && !old.isRetired()) {
            delete(old);
        }
    }

    /** @param offered the group of our KE payload; null without one */
    void onRefused(ChildTable.Child old, Notify error, @Nullable KeyMethod offered) {
        old.attempt(ChildTable.Attempt.NONE);
        if (rekeying.closesOn(error.notifyType())) {
            return;
        }
        if (!old.isInstalled() || old.isRetired() || old.successor() != null) {
            return; // the peer's own rekey or delete was quicker
        }
        switch (error.notifyType()) {
            case NotifyType.CHILD_SA_NOT_FOUND -> children.remove(old);
            case NotifyType.INVALID_KE_PAYLOAD -> withAnotherGroup(old, error, offered);
            case NotifyType.NO_PROPOSAL_CHOSEN -> {
                old.offerNone(offered != null); // a peer that does not get over what it does not know
                tryAgain(old);
            }
            default -> tryAgain(old);
        }
    }

    /** The peer names the group that it wants (RFC 7296 section 1.3); believed if it is one that we offer. */
    private void withAnotherGroup(ChildTable.Child old, Notify error, @Nullable KeyMethod offered) {
        Optional<KeyMethod> named = group(error.data())
                .filter(method -> Proposals.isOffered(context.settings().suite(), method));
        if (offered == null || named.isEmpty() || named.orElseThrow() == offered) {
            tryAgain(old);
            return;
        }
        wanted = named.orElseThrow();
        old.retryAt(context.nowNs());
    }

    private static Optional<KeyMethod> group(byte[] data) {
        try {
            return Algorithms.keyMethod(new WireReader(data).u16("group"));
        } catch (MalformedException _) {
            return Optional.empty();
        }
    }

    /** There will be no answer, or the peer's rekey has won. */
    void onAbandoned(ChildTable.Child old) {
        old.attempt(ChildTable.Attempt.NONE);
        tryAgain(old);
    }

    private void tryAgain(ChildTable.Child old) {
        if (old.isInstalled() && !old.isRetired() && old.successor() == null) {
            old.retryAt(context.nowNs() + context.jittered(Rekeying.RETRY_NS));
        }
    }

    private void delete(ChildTable.Child child) {
        child.deleting();
        session.enqueue(new Informational.DeleteChild(child.sa().inboundSpi(), () -> children.retire(child)));
    }
}
