// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.TimerTable;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalCodec;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Requests to one relay: numbered, repeated after 250 ms twice, given up after another second. */
final class SignalRequests {

    private static final long RETRANSMIT_NS = 250_000_000L;
    private static final int MAX_SENDS = 3;
    private static final long GIVE_UP_NS = 1_000_000_000L;

    private static final class Pending {
        private final byte[] datagram;
        private final List<LeaseRequest.Item> items;
        private int sends = 1;
        private long nextNs;

        private Pending(byte[] datagram, List<LeaseRequest.Item> items, long nextNs) {
            this.datagram = datagram;
            this.items = items;
            this.nextNs = nextNs;
        }
    }

    private final Map<Integer, Pending> pending = new LinkedHashMap<>();
    private int lastId;

    /** @param items what a lost answer leaves undecided; empty for a RELEASE, which lapses by itself */
    void send(
            int kind, int flags, byte[] body, List<LeaseRequest.Item> items, long nowNs, Outbox<RelayClientEvent> out) {
        lastId = lastId == Integer.MAX_VALUE ? 1 : lastId + 1;
        byte[] datagram = SignalCodec.encode(new Signal(kind, flags, lastId, Signal.RELAY_ITSELF, body));
        pending.put(lastId, new Pending(datagram, items, nowNs + RETRANSMIT_NS));
        out.event(new RelayClientEvent.SendSignal(datagram));
    }

    /** The items of the request that this answer belongs to; empty for an unknown or already answered one. */
    Optional<List<LeaseRequest.Item>> answered(int requestId) {
        Pending request = pending.remove(requestId);
        return request == null ? Optional.empty() : Optional.of(request.items);
    }

    void onTimer(long nowNs, Outbox<RelayClientEvent> out) {
        for (Iterator<Pending> all = pending.values().iterator(); all.hasNext(); ) {
            Pending request = all.next();
            if (request.nextNs > nowNs) {
                continue;
            }
            if (request.sends >= MAX_SENDS) {
                all.remove();
                giveUp(request, out);
                continue;
            }
            request.sends++;
            request.nextNs = nowNs + (request.sends == MAX_SENDS ? GIVE_UP_NS : RETRANSMIT_NS);
            out.event(new RelayClientEvent.SendSignal(request.datagram));
        }
    }

    void abandon(Outbox<RelayClientEvent> out) {
        pending.values().forEach(request -> giveUp(request, out));
        pending.clear();
    }

    long nextNs() {
        long next = TimerTable.NEVER;
        for (Pending request : pending.values()) {
            next = Math.min(next, request.nextNs);
        }
        return next;
    }

    private static void giveUp(Pending request, Outbox<RelayClientEvent> out) {
        if (!request.items.isEmpty()) {
            out.event(new RelayClientEvent.LeaseUnanswered(request.items));
        }
    }
}
