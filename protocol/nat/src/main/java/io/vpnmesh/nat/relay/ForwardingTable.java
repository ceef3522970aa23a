// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * SPI to client to tuple. One writer (the conductor), any number of packet threads that call {@link #lookup}; no locks, no
 * allocation.
 *
 * <p>Open addressing over one array of immutable rows: a reader sees a whole row or none. A removed row leaves a
 * tombstone; when rows and tombstones fill half of the array, a new array is built and published by one volatile write.
 */
public final class ForwardingTable {

    private static final int INITIAL_CAPACITY = 1024;
    /** Odd, from the golden ratio: spreads SPIs that share their upper bits. */
    private static final int SPREAD = 0x9E37_79B1;

    private static final Lease TOMBSTONE = new Lease(0, new RelayedClient(new NodeId(0, 0)), 0);

    private volatile AtomicReferenceArray<Lease> rows = new AtomicReferenceArray<>(INITIAL_CAPACITY);
    private final ConcurrentHashMap<Endpoint, RelayedClient> sources = new ConcurrentHashMap<>();
    private int used;
    private int size;

    /**
     * Where an ESP packet goes.
     *
     * @param source the outer source of the packet
     * @param spi its first four bytes
     */
    public Route lookup(Endpoint source, int spi) {
        Lease lease = find(spi);
        if (lease == null) {
            return Route.Verdict.UNKNOWN_SPI;
        }
        Route route = lease.client.route;
        if (route == Route.Verdict.LOCAL) {
            return route;
        }
        return sources.containsKey(source) ? route : Route.Verdict.UNKNOWN_SOURCE;
    }

    /** The number of leased SPIs, the relay's own among them. For the conductor. */
    public int size() {
        return size;
    }

    @Nullable
    Lease find(int spi) {
        AtomicReferenceArray<Lease> table = rows;
        int mask = table.length() - 1;
        for (int slot = spi * SPREAD >>> 1 & mask; ; slot = slot + 1 & mask) {
            Lease lease = table.getAcquire(slot);
            if (lease == null) {
                return null;
            }
            if (lease.spi == spi && lease != TOMBSTONE) {
                return lease;
            }
        }
    }

    /** The SPI must not be in the table. */
    void add(Lease lease) {
        if ((used + 1) * 2 > rows.length()) {
            rebuild();
        }
        AtomicReferenceArray<Lease> table = rows;
        int mask = table.length() - 1;
        int slot = lease.spi * SPREAD >>> 1 & mask;
        while (table.getPlain(slot) != null && table.getPlain(slot) != TOMBSTONE) {
            slot = slot + 1 & mask;
        }
        if (table.getPlain(slot) == null) {
            used++;
        }
        table.setRelease(slot, lease);
        size++;
    }

    /** Removes every row that the predicate names. */
    void removeIf(Predicate<Lease> condition) {
        AtomicReferenceArray<Lease> table = rows;
        for (int slot = 0; slot < table.length(); slot++) {
            Lease lease = table.getPlain(slot);
            if (lease != null && lease != TOMBSTONE && condition.test(lease)) {
                table.setRelease(slot, TOMBSTONE);
                size--;
            }
        }
    }

    void remove(Lease lease) {
        AtomicReferenceArray<Lease> table = rows;
        int mask = table.length() - 1;
        int slot = lease.spi * SPREAD >>> 1 & mask;
        while (table.getPlain(slot) != null) {
            if (table.getPlain(slot) == lease) {
                table.setRelease(slot, TOMBSTONE);
                size--;
                return;
            }
            slot = slot + 1 & mask;
        }
    }

    /** From here on the client sends from this tuple and gets its packets there, from {@code local}. */
    void bind(RelayedClient client, Endpoint local, Endpoint tuple) {
        if (!tuple.equals(client.tuple)) {
            unbind(client);
        }
        client.tuple = tuple;
        client.local = local;
        client.route = new Route.Forward(local, tuple);
        sources.put(tuple, client);
    }

    void unbind(RelayedClient client) {
        Endpoint tuple = client.tuple;
        client.route = Route.Verdict.STALE_TARGET;
        if (tuple != null) {
            sources.remove(tuple, client);
            client.tuple = null;
        }
    }

    private void rebuild() {
        AtomicReferenceArray<Lease> old = rows;
        int capacity = old.length();
        while ((size + 1) * 4 > capacity) {
            capacity *= 2;
        }
        AtomicReferenceArray<Lease> table = new AtomicReferenceArray<>(capacity);
        int mask = capacity - 1;
        for (int i = 0; i < old.length(); i++) {
            Lease lease = old.getPlain(i);
            if (lease != null && lease != TOMBSTONE) {
                int slot = lease.spi * SPREAD >>> 1 & mask;
                while (table.getPlain(slot) != null) {
                    slot = slot + 1 & mask;
                }
                table.setPlain(slot, lease);
            }
        }
        used = size;
        rows = table;
    }
}
