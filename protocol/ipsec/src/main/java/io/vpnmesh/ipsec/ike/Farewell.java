// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import java.util.List;

/**
 * The end of a session: deletes every one of its IKE SAs, for one alone would leave the peer with its successor in the
 * midst of a rekey.
 *
 * <p>A request under way does not hold the Delete up: its response may never come, and the peer would go on sending to
 * nobody. Our own peers take both messages in order; a foreign one is given a moment to answer first.
 *
 * <p>If that request is our own rekey, the peer may have made an IKE SA that we never come to know. Our own peers see in a
 * Delete that names the Child SAs too that nothing shall go on (RFC 7296 section 3.11 allows both in one message); from
 * others the late answer is still taken, and what it makes is deleted at once.
 */
// = rfc7296#2.3
// = type=exception
// = reason=the IKE SA is at its end; nothing can come after the Delete that the window would protect
// # An IKE endpoint MUST wait for a response to each of its messages before sending a subsequent message unless it has
// # received a SET_WINDOW_SIZE Notify message from its peer informing it that the peer is prepared to maintain state
// for
// # multiple outstanding messages in order to allow greater throughput.
final class Farewell {

    /** A foreign peer has this long to answer a request before our Delete goes out behind it. */
    private static final long PATIENCE_NS = 2_000_000_000L;

    private final IkeContext context;
    private final IkeSession session;
    private final List<Integer> childSpis;
    private final String reason;
    private final long patientUntilNs;

    /** @param childSpis of all its Child SAs, as we receive on them */
    Farewell(IkeContext context, IkeSession session, List<Integer> childSpis, String reason) {
        this.context = context;
        this.session = session;
        this.childSpis = session.isOwnPeer() ? List.copyOf(childSpis) : List.of();
        this.reason = reason;
        patientUntilNs = session.isOwnPeer() ? context.nowNs() : context.nowNs() + PATIENCE_NS;
    }

    String reason() {
        return reason;
    }

    /** Sends a Delete on every IKE SA that has none under way and may have one. */
    void say() {
        Exchanges exchanges = session.exchanges();
        for (IkeSa sa : exchanges.sas()) {
            if (exchanges.isDeleting(sa)) {
                continue;
            }
            Informational.DeleteIke last = new Informational.DeleteIke(childSpis, () -> answered(sa));
            if (!sa.isBusy()) {
                exchanges.send(sa, last);
            } else if (context.nowNs() >= patientUntilNs) {
                exchanges.overtake(sa, last);
            }
        }
    }

    private void answered(IkeSa sa) {
        if (childSpis.isEmpty()) {
            session.exchanges().drop(sa);
        } else {
            session.terminate(reason); // whoever confirms this Delete has nothing left
        }
    }

    long nextWakeupNs() {
        return patientUntilNs > context.nowNs() ? patientUntilNs : SaOwner.NEVER;
    }
}
