// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.TimerTable;
import io.vpnmesh.core.id.NodeId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds owners: by our SPI, by open ticket, by session, by node; and knows who wakes up next. */
final class SaTable {

    private record Wakeup(long atNs, long order, SaOwner owner) {}

    private final Map<Long, SaOwner> bySpi = new HashMap<>();
    private final Map<Long, SaOwner> byTicket = new HashMap<>();
    private final Map<Long, IkeSession> sessions = new HashMap<>();
    private final Map<NodeId, List<IkeSession>> byNode = new HashMap<>();
    private final Map<NodeId, InitiatorHandshake> attempts = new HashMap<>();
    private final Map<SaOwner, Wakeup> scheduled = new HashMap<>();
    private final NavigableSet<Wakeup> wakeups =
            new TreeSet<>(Comparator.comparingLong(Wakeup::atNs).thenComparingLong(Wakeup::order));
    private long order;

    void bind(long spi, SaOwner owner) {
        bySpi.put(spi, owner);
    }

    void unbind(long spi, SaOwner owner) {
        bySpi.remove(spi, owner);
    }

    @Nullable
    SaOwner bySpi(long spi) {
        return bySpi.get(spi);
    }

    int ikeSas() {
        return bySpi.size();
    }

    /** Each owner once; a copy. */
    Set<SaOwner> owners() {
        return new LinkedHashSet<>(bySpi.values());
    }

    void await(long ticket, SaOwner owner) {
        byTicket.put(ticket, owner);
    }

    @Nullable
    SaOwner takeTicket(long ticket) {
        return byTicket.remove(ticket);
    }

    void addSession(IkeSession session) {
        sessions.put(session.id(), session);
        byNode.computeIfAbsent(session.node(), _ -> new ArrayList<>(2)).add(session);
    }

    void removeSession(IkeSession session) {
        sessions.remove(session.id());
        byNode.computeIfPresent(session.node(), (_, list) -> {
            list.remove(session);
            return list.isEmpty() ? null : list;
        });
    }

    @Nullable
    IkeSession session(long id) {
        return sessions.get(id);
    }

    /** Every established session with a node; a copy. */
    List<IkeSession> sessionsWith(NodeId node) {
        return List.copyOf(byNode.getOrDefault(node, List.of()));
    }

    /** The session with whoever is there that sends on this Child SA. */
    Optional<IkeSession> sendingOn(int outboundSpi, PeerRef peer) {
        return sessions.values().stream()
                .filter(s -> s.peer().equals(peer) && s.sendsOn(outboundSpi))
                .findFirst();
    }

    void addAttempt(NodeId node, InitiatorHandshake attempt) {
        attempts.put(node, attempt);
    }

    void removeAttempt(NodeId node, InitiatorHandshake attempt) {
        attempts.remove(node, attempt);
    }

    @Nullable
    InitiatorHandshake attempt(NodeId node) {
        return attempts.get(node);
    }

    /** Our attempt towards whoever this is. */
    Optional<InitiatorHandshake> attemptTowards(PeerRef peer) {
        return switch (peer) {
            case PeerRef.Signalled signalled -> Optional.ofNullable(attempts.get(signalled.node()));
            case PeerRef.Direct _ ->
                attempts.values().stream().filter(a -> a.peer().equals(peer)).findFirst();
        };
    }

    /** Puts the owner where its next wake-up says. */
    void reschedule(SaOwner owner) {
        long at = owner.nextWakeupNs();
        Wakeup old = scheduled.get(owner);
        if (old != null && old.atNs == at) {
            return;
        }
        if (old != null) {
            wakeups.remove(old);
            scheduled.remove(owner);
        }
        if (at != TimerTable.NEVER) {
            Wakeup wakeup = new Wakeup(at, order++, owner);
            wakeups.add(wakeup);
            scheduled.put(owner, wakeup);
        }
    }

    /** Forgets an owner's wake-up and tickets; its SPIs it unbinds itself. */
    void forget(SaOwner owner) {
        Wakeup old = scheduled.remove(owner);
        if (old != null) {
            wakeups.remove(old);
        }
        byTicket.values().removeIf(waiting -> waiting == owner);
    }

    long nextWakeupNs() {
        return wakeups.isEmpty() ? TimerTable.NEVER : wakeups.first().atNs;
    }

    /** The owner that is due first. */
    Optional<SaOwner> due(long nowNs) {
        return wakeups.isEmpty() || wakeups.first().atNs > nowNs
                ? Optional.empty()
                : Optional.of(wakeups.first().owner);
    }
}
