// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

/**
 * Several sessions with one node: after a restart of the peer, or when both sides started at once. Both ends come to the
 * same verdict, because both know the node ids, who started, and the boot epochs.
 */
final class Duplicates {

    /** INITIAL_CONTACT never deletes a younger SA, and only younger ones can have crossed. */
    private static final long YOUNG_NS = 10_000_000_000L;

    private Duplicates() {}

    /** Called when {@code fresh} has just been established. */
    static void settle(IkeContext context, SaTable table, IkeSession fresh) {
        long lingerNs = context.settings().timing().duplicateLingerNs();
        InitiatorHandshake attempt = table.attempt(fresh.node());
        if (attempt != null && !attempt.hasSentAuth()) {
            attempt.discard(); // there is nothing left to reach
        }
        for (IkeSession other : table.sessionsWith(fresh.node())) {
            if (other == fresh || other.isClosing()) {
                continue;
            }
            long before = other.claim().bootEpoch();
            if (before != 0 && fresh.claim().bootEpoch() > before) {
                other.terminate("the peer has restarted");
            } else if (fresh.claim().initialContact() && other.ageNs() >= YOUNG_NS) {
                other.terminate("the peer knows no other session");
            } else {
                IkeSession loser = loser(context, fresh, other);
                // The side that started the loser deletes it; the other only if that does not happen.
                loser.linger(loser.isInitiator() ? lingerNs : 5 * lingerNs);
            }
        }
    }

    private static IkeSession loser(IkeContext context, IkeSession fresh, IkeSession other) {
        boolean crossed = fresh.isInitiator() != other.isInitiator() && other.ageNs() < YOUNG_NS;
        if (!crossed) {
            return other;
        }
        boolean oursWins = context.identity().node().compareTo(fresh.node()) < 0;
        return fresh.isInitiator() == oursWins ? other : fresh;
    }
}
