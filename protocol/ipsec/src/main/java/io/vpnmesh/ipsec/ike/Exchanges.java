// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The IKE SAs of one session, the request of ours that is under way on each, and those that wait for their turn on the
 * current one. Knows nothing of which IKE SA is current, or why.
 */
final class Exchanges {

    private final IkeContext context;
    private final SaTable table;
    private final IkeSession session;
    private final Map<Long, Lane> lanes = new LinkedHashMap<>();
    private final Deque<Exchange> queue = new ArrayDeque<>();

    Exchanges(IkeContext context, SaTable table, IkeSession session) {
        this.context = context;
        this.table = table;
        this.session = session;
    }

    private static final class Lane {
        private final IkeSa sa;
        private @Nullable Exchange underWay;
        /** Its request has left before the one under way; its response still counts. */
        private @Nullable Exchange overtaken;

        private long endNs = SaOwner.NEVER;

        private Lane(IkeSa sa) {
            this.sa = sa;
        }
    }

    private Lane lane(IkeSa sa) {
        return Objects.requireNonNull(lanes.get(sa.localSpi()), "an IKE SA of this session");
    }

    // --- IKE SAs -------------------------------------------------------------------------------------------------

    /** Receives on this IKE SA from here on. */
    void adopt(IkeSa sa) {
        lanes.put(sa.localSpi(), new Lane(sa));
        table.bind(sa.localSpi(), session);
    }

    @Nullable
    IkeSa find(long localSpi) {
        Lane lane = lanes.get(localSpi);
        return lane == null ? null : lane.sa;
    }

    /** A copy. */
    List<IkeSa> sas() {
        return lanes.values().stream().map(lane -> lane.sa).toList();
    }

    /** Deletes an IKE SA that another has replaced, once nothing of ours is under way on it. */
    void end(IkeSa sa) {
        endAt(sa, context.nowNs());
    }

    /** As {@link #end}, unless the peer has deleted it by then. */
    void endAt(IkeSa sa, long ns) {
        Lane lane = lane(sa);
        lane.endNs = Math.min(lane.endNs, ns);
    }

    /** Sends the Deletes that are due. */
    void endDue() {
        for (Lane lane : List.copyOf(lanes.values())) {
            if (context.nowNs() >= lane.endNs && !lane.sa.isBusy()) {
                lane.endNs = SaOwner.NEVER;
                send(lane.sa, new Informational.DeleteIke(List.of(), () -> drop(lane.sa)));
            }
        }
    }

    boolean isDeleting(IkeSa sa) {
        return lane(sa).underWay instanceof Informational.DeleteIke;
    }

    /** Forgets an IKE SA; what was under way on it goes over the current one, if it can. */
    void drop(IkeSa sa) {
        Lane lane = lanes.remove(sa.localSpi());
        if (lane == null) {
            return;
        }
        table.unbind(sa.localSpi(), session);
        sa.close();
        session.onDropped(sa);
        interrupted(lane.underWay);
        interrupted(lane.overtaken);
    }

    void dropAll() {
        sas().forEach(this::drop);
    }

    private void interrupted(@Nullable Exchange exchange) {
        if (exchange == null) {
            return;
        }
        if (exchange.isRepeatable() && !session.isClosing()) {
            queue.addFirst(exchange);
        } else {
            exchange.onAbandoned();
        }
    }

    // --- requests ------------------------------------------------------------------------------------------------

    /** Whether a request of this kind waits or is under way. */
    boolean isUnderWay(Class<? extends Exchange> kind) {
        return queue.stream().anyMatch(kind::isInstance)
                || lanes.values().stream().anyMatch(lane -> kind.isInstance(lane.underWay));
    }

    /** Puts a request at the end of the queue; abandoned when the queue is full. */
    void enqueue(Exchange exchange) {
        // There are no more Deletes than Child SAs, and one that never left would leave the peer with its half.
        boolean fits = queue.size() < context.settings().limits().maxQueuedRequests()
                || exchange instanceof Informational.DeleteChild;
        if (fits && !session.isClosing()) {
            queue.addLast(exchange);
        } else {
            exchange.onAbandoned();
        }
    }

    /** The request that waits at the end of the queue. */
    @Nullable
    Exchange lastWaiting() {
        return queue.peekLast();
    }

    /** Sends the next request on this IKE SA if it is idle. */
    void sendNext(IkeSa current) {
        while (!queue.isEmpty() && !current.isBusy()) {
            Exchange next = queue.removeFirst();
            if (next.isStale()) {
                next.onAbandoned();
            } else {
                send(current, next);
            }
        }
    }

    /** As {@link #sendNext}, but only what cannot wait. */
    void sendUrgent(IkeSa current) {
        Optional<Exchange> urgent = queue.stream().filter(Exchange::isUrgent).findFirst();
        if (urgent.isPresent() && !current.isBusy()) {
            queue.remove(urgent.orElseThrow());
            send(current, urgent.orElseThrow());
        }
    }

    /** Sends a request on this very IKE SA at once; it must be idle. */
    void send(IkeSa sa, Exchange exchange) {
        Lane lane = lane(sa);
        IkeSa.Outgoing outgoing =
                sa.request(exchange.type(), exchange.request(), context.maxBytes(session.peer()), context.nowNs());
        lane.underWay = exchange;
        context.send(session.peer(), session.local(), outgoing.datagrams());
    }

    /** Sends the last request of an IKE SA behind the one under way; the responses of both count. */
    void overtake(IkeSa sa, Exchange last) {
        Lane lane = lane(sa);
        IkeSa.Outgoing both =
                sa.overtake(last.type(), last.request(), context.maxBytes(session.peer()), context.nowNs());
        lane.overtaken = lane.underWay;
        lane.underWay = last;
        context.send(session.peer(), session.local(), both.datagrams());
    }

    void onResponse(IkeSa sa, IkeSa.Incoming incoming) {
        Lane lane = lane(sa);
        boolean toTheLast = incoming.header().messageId() == sa.nextRequestId() - 1;
        Exchange answered = toTheLast ? lane.underWay : lane.overtaken;
        if (toTheLast) {
            lane.underWay = null;
        } else {
            lane.overtaken = null;
        }
        if (answered != null) {
            answered.onResponse(incoming);
        }
    }

    void clearQueue() {
        List<Exchange> waiting = List.copyOf(queue);
        queue.clear();
        waiting.forEach(Exchange::onAbandoned);
    }

    // --- time ----------------------------------------------------------------------------------------------------

    /** Repeats what is due; false if the peer has never answered the last request on the current IKE SA. */
    boolean repeatDue(IkeSa current) {
        long now = context.nowNs();
        for (IkeSa sa : sas()) {
            Retransmission outstanding = sa.outstanding();
            if (outstanding == null || !outstanding.isDue(now)) {
                continue;
            }
            if (outstanding.next(now)) {
                context.send(session.peer(), session.local(), outstanding.datagrams());
            } else if (sa == current) {
                return false;
            } else {
                drop(sa);
            }
        }
        return true;
    }

    /** Repeats at once after a change of the way. */
    void restart() {
        for (IkeSa sa : sas()) {
            Retransmission outstanding = sa.outstanding();
            if (outstanding != null) {
                outstanding.restart(context.nowNs());
            }
        }
    }

    long nextWakeupNs() {
        long next = SaOwner.NEVER;
        for (Lane lane : lanes.values()) {
            next = Math.min(next, lane.sa.isBusy() ? lane.sa.nextWakeupNs() : lane.endNs);
        }
        return next;
    }
}
