// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.TimerTable;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.nat.signal.LeaseAnswer;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.LeaseStatus;
import io.vpnmesh.nat.signal.Ticket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * A sidecar's inbound SPIs: sixteen are leased in advance on every home relay that answers, and only such are offered to
 * peers. Pure bookkeeping: {@link RelayAttachments} carries its wishes to the relays. One thread.
 *
 * <p>Source: docs/wire.md, "LEASE".
 */
public final class LeasePool {

    static final int IN_ADVANCE = 16;

    private static final long SECOND_NS = 1_000_000_000L;
    /** Twice the default rekey interval of a Child SA. */
    private static final int LIFETIME_SECONDS = 7200;

    private static final long RENEW_NS = LIFETIME_SECONDS * SECOND_NS / 2;
    /** After a refusal that is not about the SPI itself, and after silence. */
    private static final long RETRY_NS = 2 * SECOND_NS;

    private static final class Row {
        private boolean inUse;
        private Ticket ticket = Ticket.NONE;
        /** When the lease on each relay is to be asked for again; absent = not granted there. */
        private final Map<NodeId, Long> renewNs = new HashMap<>();
    }

    private final RandomGenerator random;
    private final Map<Integer, Row> rows = new LinkedHashMap<>();
    private final Set<Integer> local = new HashSet<>();
    private final Set<NodeId> relays = new LinkedHashSet<>();
    private final Map<NodeId, Set<Integer>> asked = new HashMap<>();
    private final Map<NodeId, Long> pauseUntilNs = new HashMap<>();
    /** Relays that give only what a ticket proves: nobody waits for them. */
    private final Set<NodeId> ticketOnly = new HashSet<>();

    private final Map<NodeId, List<Integer>> toRelease = new HashMap<>();
    private final List<Integer> collisions = new ArrayList<>();

    /** @param random unpredictable */
    public LeasePool(RandomGenerator random) {
        this.random = random;
    }

    /** An SPI that every home relay forwards to us; empty when none is ready, and then ask again soon. */
    public OptionalInt takeInboundSpi() {
        for (Map.Entry<Integer, Row> entry : rows.entrySet()) {
            if (ready(entry.getValue())) {
                entry.getValue().inUse = true;
                return OptionalInt.of(entry.getKey());
            }
        }
        return OptionalInt.empty();
    }

    /** An SPI for an SA that no relay forwards: the one with the relay itself. */
    public int takeLocalSpi() {
        int spi = freshSpi();
        local.add(spi);
        return spi;
    }

    /** The inbound SA of this SPI is gone. */
    public void freed(int spi) {
        Row row = rows.remove(spi);
        if (row != null) {
            row.renewNs.keySet().forEach(relay -> release(relay, spi));
        }
        local.remove(spi);
    }

    /** How many could be taken now. */
    public int readyCount() {
        return (int) rows.values().stream().filter(this::ready).count();
    }

    void relayUp(NodeId relay) {
        relays.add(relay);
        pauseUntilNs.remove(relay);
        renewAll(relay);
    }

    /** The relay may have restarted and lost its leases: ask for all again; asking for what we hold costs nothing. */
    void renewAll(NodeId relay) {
        rows.values().forEach(row -> row.renewNs.computeIfPresent(relay, (_, _) -> 0L));
    }

    /** Its leases live on; they are renewed when it comes back. */
    void relayDown(NodeId relay) {
        relays.remove(relay);
        asked.remove(relay);
    }

    void relayRemoved(NodeId relay) {
        relayDown(relay);
        ticketOnly.remove(relay);
        toRelease.remove(relay);
        rows.values().forEach(row -> row.renewNs.remove(relay));
    }

    /** A relay that lost its state (a new IKE SA was needed) must be asked for everything again. */
    void relayForgot(NodeId relay) {
        rows.values().forEach(row -> row.renewNs.remove(relay));
    }

    /** What to ask this relay for now; at most one LEASE's worth. */
    List<LeaseRequest.Item> wishes(NodeId relay, long nowNs) {
        if (!relays.contains(relay) || pauseUntilNs.getOrDefault(relay, 0L) > nowNs) {
            return List.of();
        }
        topUp();
        Set<Integer> pending = asked.computeIfAbsent(relay, _ -> new HashSet<>());
        List<LeaseRequest.Item> items = new ArrayList<>();
        for (Map.Entry<Integer, Row> entry : rows.entrySet()) {
            Row row = entry.getValue();
            boolean due = row.renewNs.getOrDefault(relay, 0L) <= nowNs;
            if (due && items.size() < LeaseRequest.MAX_ITEMS_WITH_TICKETS && pending.add(entry.getKey())) {
                items.add(new LeaseRequest.Item(entry.getKey(), LIFETIME_SECONDS, row.ticket));
            }
        }
        return items;
    }

    void answered(NodeId relay, List<LeaseRequest.Item> items, List<LeaseAnswer.Item> answers, long nowNs) {
        ticketOnly.remove(relay);
        for (int i = 0; i < items.size(); i++) {
            int spi = items.get(i).spi();
            asked.getOrDefault(relay, new HashSet<>()).remove(spi);
            Row row = rows.get(spi);
            LeaseStatus status = answers.get(i).status();
            if (row == null) {
                if (status == LeaseStatus.GRANTED) {
                    release(relay, spi); // freed while the request was under way
                }
            } else if (status == LeaseStatus.GRANTED) {
                row.ticket = answers.get(i).ticket();
                row.renewNs.put(relay, nowNs + RENEW_NS);
            } else if (status == LeaseStatus.TAKEN || status == LeaseStatus.NOT_LEASABLE) {
                collided(relay, spi, row, nowNs);
            } else {
                if (status == LeaseStatus.TICKET_NEEDED) {
                    ticketOnly.add(relay);
                }
                pauseUntilNs.put(relay, nowNs + RETRY_NS);
            }
        }
    }

    void unanswered(NodeId relay, List<LeaseRequest.Item> items, long nowNs) {
        Set<Integer> pending = asked.getOrDefault(relay, new HashSet<>());
        items.forEach(item -> pending.remove(item.spi()));
        pauseUntilNs.put(relay, nowNs + RETRY_NS);
    }

    /** SPIs to give back there; told once. */
    List<Integer> takeReleases(NodeId relay) {
        List<Integer> all = toRelease.getOrDefault(relay, List.of());
        List<Integer> some = List.copyOf(all.subList(0, Math.min(all.size(), LeaseRequest.MAX_ITEMS)));
        if (!some.isEmpty()) {
            all.subList(0, some.size()).clear();
        }
        return some;
    }

    /** SPIs in use that a home relay has given to somebody else: rekey their Child SAs; told once. */
    List<Integer> takeCollisions() {
        List<Integer> told = List.copyOf(collisions);
        collisions.clear();
        return told;
    }

    /** When {@link #wishes} of this relay has news by itself. */
    long nextNs(NodeId relay) {
        if (!relays.contains(relay)) {
            return TimerTable.NEVER;
        }
        Set<Integer> pending = asked.getOrDefault(relay, Set.of());
        if (!toRelease.getOrDefault(relay, List.of()).isEmpty()) {
            return 0;
        }
        long next = TimerTable.NEVER;
        for (Map.Entry<Integer, Row> entry : rows.entrySet()) {
            if (!pending.contains(entry.getKey())) {
                next = Math.min(next, entry.getValue().renewNs.getOrDefault(relay, 0L));
            }
        }
        if (advanceCount() < IN_ADVANCE) {
            next = 0;
        }
        return next == TimerTable.NEVER ? next : Math.max(next, pauseUntilNs.getOrDefault(relay, 0L));
    }

    private boolean ready(Row row) {
        if (row.inUse || row.renewNs.isEmpty()) {
            return false;
        }
        for (NodeId relay : relays) {
            if (!row.renewNs.containsKey(relay) && !ticketOnly.contains(relay)) {
                return false;
            }
        }
        return true;
    }

    private int advanceCount() {
        int count = 0;
        for (Row row : rows.values()) {
            count += row.inUse ? 0 : 1;
        }
        return count;
    }

    private void topUp() {
        for (int missing = IN_ADVANCE - advanceCount(); missing > 0; missing--) {
            rows.put(freshSpi(), new Row());
        }
    }

    private void collided(NodeId relay, int spi, Row row, long nowNs) {
        if (row.inUse) {
            row.renewNs.put(relay, nowNs + RENEW_NS); // not ours there; the rekey ends it
            collisions.add(spi);
            return;
        }
        rows.remove(spi);
        row.renewNs.keySet().stream().filter(other -> !other.equals(relay)).forEach(other -> release(other, spi));
    }

    private void release(NodeId relay, int spi) {
        if (relays.contains(relay)) {
            toRelease.computeIfAbsent(relay, _ -> new ArrayList<>()).add(spi);
        }
    }

    /** Queue 0 in bits 24 to 27 (docs/wire.md, SPI), top bit set, the rest random. */
    private int freshSpi() {
        int spi;
        do {
            spi = (random.nextInt() | 0x8000_0000) & 0xF0FF_FFFF;
        } while (rows.containsKey(spi) || local.contains(spi));
        return spi;
    }
}
