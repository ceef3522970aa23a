// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.net.Endpoint;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * SPI to client to tuple, and tuple to client. One writer (the conductor); packet threads call {@link #receiver} and
 * {@link #sender}, which take no lock and allocate nothing.
 */
public final class ForwardingTable {

    private final SpiTable<Lease> leases = new SpiTable<>();
    private final TupleTable tuples = new TupleTable();

    /** Who leases this SPI; null = nobody. */
    public @Nullable RelayedClient receiver(int spi) {
        Lease lease = leases.find(spi);
        return lease == null ? null : lease.client;
    }

    /**
     * Who has proven this tuple; null = nobody.
     * Units: the address as IPv6, an IPv4 one mapped (RFC 4291 section 2.5.5.2)
     */
    public @Nullable RelayedClient sender(long addressHigh, long addressLow, int port) {
        return tuples.find(addressHigh, addressLow, port);
    }

    /** The same for code that has the object. */
    public @Nullable RelayedClient sender(Endpoint tuple) {
        return tuples.find(tuple);
    }

    /**
     * Where an ESP packet goes: the rule that packet threads apply.
     *
     * @param source the outer source of the packet
     * @param spi its first four bytes
     */
    public Route lookup(Endpoint source, int spi) {
        RelayedClient receiver = receiver(spi);
        if (receiver == null) {
            return Route.Verdict.UNKNOWN_SPI;
        }
        Route route = receiver.route();
        return route == Route.Verdict.LOCAL || sender(source) != null ? route : Route.Verdict.UNKNOWN_SOURCE;
    }

    /** The number of leased SPIs, the relay's own among them. For the conductor. */
    public int size() {
        return leases.size();
    }

    @Nullable
    Lease find(int spi) {
        return leases.find(spi);
    }

    /** The SPI must not be in the table. */
    void add(Lease lease) {
        leases.add(lease);
    }

    /** Removes every lease that the predicate names. */
    void removeIf(Predicate<Lease> condition) {
        leases.removeIf(condition);
    }

    void remove(Lease lease) {
        leases.remove(lease);
    }

    /** From here on the client sends from this tuple and gets its packets there, from {@code local}. */
    void bind(RelayedClient client, Endpoint local, Endpoint tuple) {
        if (!tuple.equals(client.tuple)) {
            unbind(client);
        }
        client.tuple = tuple;
        client.local = local;
        client.route = new Route.Forward(local, tuple);
        tuples.put(tuple, client);
    }

    void unbind(RelayedClient client) {
        Endpoint tuple = client.tuple;
        client.route = Route.Verdict.STALE_TARGET;
        if (tuple != null) {
            tuples.remove(tuple, client);
            client.tuple = null;
        }
    }
}
