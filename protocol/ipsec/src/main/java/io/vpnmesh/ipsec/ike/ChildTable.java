// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.ipsec.sa.SaLifetime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The Child SAs of one session and their ends: published, sending, replaced, retired, removed. A replaced one opens late
 * packets for a while after the peer was told to delete it.
 */
final class ChildTable {

    /** How often counters are compared with the soft limits; packet threads need not report them. */
    private static final long POLL_NS = 10_000_000_000L;

    private final IkeContext context;
    private final long session;
    private final Map<Integer, Child> byInboundSpi = new LinkedHashMap<>();
    private long pollNs = SaOwner.NEVER;

    ChildTable(IkeContext context, long session) {
        this.context = context;
        this.session = session;
    }

    /** One Child SA and where it is in its life. */
    static final class Child {
        private final ChildSa sa;
        private final long softNs;
        private boolean sending;
        private boolean retired;
        private boolean rekeying;
        private boolean deleting;
        private boolean offeredNone;
        private boolean installed = true;
        private Attempt attempt = Attempt.NONE;
        private long retryNs = SaOwner.NEVER;
        private long removeNs = SaOwner.NEVER;
        private long lastPackets;
        private long lastBytes;
        private @Nullable ChildSa successor;
        private RekeyArbiter.@Nullable Nonces peerNonces;

        private Child(ChildSa sa, long softNs) {
            this.sa = sa;
            this.softNs = softNs;
        }

        ChildSa sa() {
            return sa;
        }

        /** Where a Child SA is in its life. */
        enum State {
            /** Receives; whether the peer does is not known yet. */
            INSTALLED,
            SENDING,
            /** By an exchange of ours that waits or is under way. */
            REKEYING,
            /** Ours came to nothing, and its time comes again. */
            RETRYING,
            /** By the peer, with key exchanges still to come. */
            PEER_REKEYING,
            /** The peer has made a successor and is to delete this one. */
            SUCCEEDED,
            /** By both. */
            COLLIDING,
            DELETING,
            /** Opens late packets. */
            RETIRED,
            REMOVED
        }

        State state() {
            if (!installed) {
                return State.REMOVED;
            }
            if (retired) {
                return State.RETIRED;
            }
            if (deleting) {
                return State.DELETING;
            }
            boolean ours = rekeying && retryNs == SaOwner.NEVER;
            if (peerNonces != null && ours) {
                return State.COLLIDING;
            }
            if (peerNonces != null) {
                return successor == null ? State.PEER_REKEYING : State.SUCCEEDED;
            }
            if (rekeying) {
                return ours ? State.REKEYING : State.RETRYING;
            }
            return sending ? State.SENDING : State.INSTALLED;
        }

        /** No longer ours to rekey or delete: only late packets may come. */
        boolean isRetired() {
            return retired;
        }

        boolean isRekeying() {
            return rekeying;
        }

        void rekeying(boolean underWay) {
            rekeying = underWay;
            retryNs = SaOwner.NEVER;
        }

        /** Another attempt to rekey at this time. */
        void retryAt(long ns) {
            rekeying = true;
            retryNs = ns;
        }

        boolean isRetryDue(long nowNs) {
            return rekeying && nowNs >= retryNs;
        }

        void attempt(Attempt stage) {
            attempt = stage;
        }

        /** Whether our rekey of it has only additional key exchanges left. */
        boolean isFollowedUp() {
            return attempt == Attempt.FOLLOWED_UP;
        }

        /** Whether the next rekey offers no key exchange of its own, because the peer has refused both. */
        boolean isOfferedNone() {
            return offeredNone;
        }

        void offerNone(boolean none) {
            offeredNone = none;
        }

        boolean isInstalled() {
            return installed;
        }

        /** Whether our Delete for it is queued or under way. */
        boolean isDeleting() {
            return deleting;
        }

        void deleting() {
            deleting = true;
        }

        /** What the peer has made to replace it. */
        @Nullable
        ChildSa successor() {
            return successor;
        }

        /** The peer's rekey has key exchanges to come before there is a successor. */
        void peerRekeys(RekeyArbiter.Nonces nonces) {
            peerNonces = nonces;
        }

        boolean isPeerRekeying() {
            return peerNonces != null && successor == null;
        }

        /** Nothing has come of the peer's rekey. */
        void peerGaveUp() {
            if (successor == null) {
                peerNonces = null;
            }
        }

        void successor(ChildSa made, RekeyArbiter.Nonces nonces) {
            successor = made;
            peerNonces = nonces;
        }

        /** Whether the peer's rekey, done or not, wins over one of ours with these nonces. */
        boolean losesAgainstPeer(RekeyArbiter.Nonces ours) {
            return peerNonces != null && RekeyArbiter.isRedundant(ours, peerNonces);
        }

        /** The peer has taken its replacement back. */
        void forgetSuccessor() {
            successor = null;
            peerNonces = null;
            if (attempt == Attempt.NONE) {
                rekeying(false);
            }
        }
    }

    /** How far our rekey of a Child SA is. */
    enum Attempt {
        NONE,
        /** It waits, or is under way. */
        ASKED,
        /** The peer has agreed, and additional key exchanges are under way. */
        FOLLOWED_UP
    }

    void install(ChildSa sa) {
        long soft = context.nowNs() + context.jittered(sa.lifetime().softNs());
        byInboundSpi.put(sa.inboundSpi(), new Child(sa, soft));
        pollNs = Math.min(pollNs, context.nowNs() + POLL_NS);
        context.event(new IkeEvent.ChildInstalled(session, sa));
    }

    void sendOn(ChildSa sa) {
        Child child = byInboundSpi.get(sa.inboundSpi());
        if (child != null && !child.sending) {
            child.sending = true;
            context.event(new IkeEvent.SendOn(session, sa));
        }
    }

    List<Integer> inboundSpis() {
        return List.copyOf(byInboundSpi.keySet());
    }

    Optional<Child> byInbound(int spi) {
        return Optional.ofNullable(byInboundSpi.get(spi));
    }

    Optional<Child> byOutbound(int spi) {
        return byInboundSpi.values().stream()
                .filter(c -> c.sa.outboundSpi() == spi)
                .findFirst();
    }

    /** Every one of them, retired or not; a copy. */
    List<Child> all() {
        return List.copyOf(byInboundSpi.values());
    }

    /** Those that live and are not retired. */
    List<Child> active() {
        return byInboundSpi.values().stream().filter(c -> !c.retired).toList();
    }

    /** The peer will not send on it any more, but packets may be under way. */
    void retire(Child child) {
        if (child.retired) {
            return;
        }
        child.retired = true;
        child.removeNs = context.nowNs() + context.settings().timing().oldInboundNs();
    }

    /** The Child SA that this one replaces. */
    Optional<Child> predecessorOf(ChildSa sa) {
        return byInboundSpi.values().stream().filter(c -> c.successor == sa).findFirst();
    }

    /** Whether the peer has this one too: what the peer has made it may not know of before our answer has arrived. */
    boolean isKnownToPeer(Child child) {
        return child.sending || predecessorOf(child.sa).filter(c -> !c.retired).isEmpty();
    }

    /** Whether the peer has made it a successor and is known to have it too, because it has sent on it. */
    boolean isSucceeded(Child child) {
        ChildSa successor = child.successor;
        return successor != null
                && byInbound(successor.inboundSpi())
                        .filter(next -> next.sending)
                        .isPresent();
    }

    void remove(Child child) {
        child.installed = false;
        if (byInboundSpi.remove(child.sa.inboundSpi(), child)) {
            context.event(new IkeEvent.ChildRemoved(session, child.sa.inboundSpi(), child.sa.outboundSpi()));
            context.spis().freed(child.sa.inboundSpi());
        }
    }

    void removeAll() {
        List.copyOf(byInboundSpi.values()).forEach(this::remove);
    }

    /** Removes what has outlived its time; returns those that need a successor. */
    List<Child> onTimer() {
        long now = context.nowNs();
        for (Child child : List.copyOf(byInboundSpi.values())) {
            if (now >= child.removeNs
                    || now >= child.sa.createdNs() + child.sa.lifetime().hardNs()) {
                ChildSa next = child.successor;
                if (next != null) {
                    sendOn(next); // the peer has not deleted it in time, and there is no other
                }
                remove(child);
            }
        }
        boolean polling = now >= pollNs;
        if (polling) {
            pollNs = byInboundSpi.isEmpty() ? SaOwner.NEVER : now + POLL_NS;
        }
        return active().stream()
                .filter(c -> c.rekeying ? now >= c.retryNs : isSoft(c, now, polling))
                .toList();
    }

    /** Counts what the last period brought once more: the soft limit must not fall far behind us before we look again. */
    private static boolean isSoft(Child child, long now, boolean polling) {
        SaLifetime limits = child.sa.lifetime();
        long packets = Math.max(child.sa.sealer().packets(), child.sa.opener().packets());
        long bytes = Math.max(child.sa.sealer().bytes(), child.sa.opener().bytes());
        boolean soft = now >= child.softNs
                || 2 * packets - child.lastPackets >= limits.softPackets()
                || 2 * bytes - child.lastBytes >= limits.softBytes();
        if (polling) {
            child.lastPackets = packets;
            child.lastBytes = bytes;
        }
        return soft;
    }

    long nextWakeupNs() {
        long next = pollNs;
        for (Child child : byInboundSpi.values()) {
            next = Math.min(next, child.removeNs);
            if (!child.retired) {
                next = Math.min(next, child.rekeying ? child.retryNs : child.softNs);
            }
            next = Math.min(next, child.sa.createdNs() + child.sa.lifetime().hardNs());
        }
        return next;
    }
}
