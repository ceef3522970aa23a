// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.net.Endpoint;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * The end of a session: deletes every one of its IKE SAs, for one alone would leave the peer with its successor in the
 * midst of a rekey.
 *
 * <p>A request under way does not hold the Delete up: its response may never come, and the peer would go on sending to
 * nobody. Our own peers take both messages in order; a foreign one is given a moment to answer first.
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
    private final Collection<IkeSa> sas;
    private final Map<IkeSa, Exchange> active;
    private final String reason;
    private final long patientUntilNs;

    /** @param sas and {@code active} are the session's own */
    Farewell(
            IkeContext context, IkeSession session, Collection<IkeSa> sas, Map<IkeSa, Exchange> active, String reason) {
        this.context = context;
        this.session = session;
        this.sas = sas;
        this.active = active;
        this.reason = reason;
        patientUntilNs = session.isOwnPeer() ? context.nowNs() : context.nowNs() + PATIENCE_NS;
    }

    String reason() {
        return reason;
    }

    /** Sends a Delete on every IKE SA that has none under way and may have one. */
    void say(PeerRef peer, Endpoint local) {
        for (IkeSa sa : List.copyOf(sas)) {
            Exchange underWay = active.get(sa);
            Informational.DeleteIke last = new Informational.DeleteIke(() -> session.drop(sa));
            if (underWay == null) {
                session.sendOn(sa, last);
            } else if (context.nowNs() >= patientUntilNs
                    && underWay.mayBeOvertaken()
                    && !(underWay instanceof Informational.DeleteIke)) {
                active.put(sa, last);
                underWay.onAbandoned();
                IkeSa.Outgoing both = sa.overtake(last.type(), last.request(), context.maxBytes(peer), context.nowNs());
                context.send(peer, local, both.datagrams());
            }
        }
    }

    long nextWakeupNs() {
        return patientUntilNs > context.nowNs() ? patientUntilNs : SaOwner.NEVER;
    }
}
