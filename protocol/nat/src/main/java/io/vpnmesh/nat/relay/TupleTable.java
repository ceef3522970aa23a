// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Clients by the tuple that they have proven. One writer; packet threads call {@link #find} with the words of a socket
 * address, so that no object stands between a datagram and its sender.
 */
final class TupleTable {

    private static final long MAPPED_PREFIX = 0xFFFFL << 32;

    private record Tuple(long high, long low, int port, RelayedClient client) implements RowTable.Row {
        @Override
        public int rowHash() {
            return hash(high, low, port);
        }

        boolean is(long otherHigh, long otherLow, int otherPort) {
            return low == otherLow && port == otherPort && high == otherHigh;
        }
    }

    private final RowTable table = new RowTable();

    /** Units: the address as IPv6, an IPv4 one mapped. */
    @Nullable
    RelayedClient find(long high, long low, int port) {
        Tuple tuple = row(high, low, port);
        return tuple == null ? null : tuple.client;
    }

    @Nullable
    RelayedClient find(Endpoint tuple) {
        IpAddress address = tuple.address();
        return find(address.high(), low(address), tuple.port());
    }

    /** The tuple is the client's from now on, whoever had it before. */
    void put(Endpoint endpoint, RelayedClient client) {
        IpAddress address = endpoint.address();
        Tuple old = row(address.high(), low(address), endpoint.port());
        if (old != null && old.client == client) {
            return;
        }
        if (old != null) {
            table.remove(old);
        }
        table.add(new Tuple(address.high(), low(address), endpoint.port(), client));
    }

    /** Unless it is another's by now. */
    void remove(Endpoint endpoint, RelayedClient client) {
        IpAddress address = endpoint.address();
        Tuple old = row(address.high(), low(address), endpoint.port());
        if (old != null && old.client == client) {
            table.remove(old);
        }
    }

    private @Nullable Tuple row(long high, long low, int port) {
        AtomicReferenceArray<RowTable.Row> rows = table.rows();
        int mask = rows.length() - 1;
        for (int slot = RowTable.start(rows, hash(high, low, port)); ; slot = slot + 1 & mask) {
            RowTable.Row row = rows.getAcquire(slot);
            if (row == null) {
                return null;
            }
            if (row instanceof Tuple tuple && tuple.is(high, low, port)) {
                return tuple;
            }
        }
    }

    private static int hash(long high, long low, int port) {
        long mixed = (high * 31 + low) * 0x9E37_79B9_7F4A_7C15L + port;
        return (int) (mixed ^ mixed >>> 32);
    }

    private static long low(IpAddress address) {
        return address.isV4() ? MAPPED_PREFIX | address.low() : address.low();
    }
}
