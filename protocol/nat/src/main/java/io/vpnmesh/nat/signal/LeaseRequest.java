// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Body of LEASE: up to 64 items of {@code SPI 4 | lifetime seconds 4}; with {@link Signal#FLAG_TICKETS} each followed by
 * {@code ticket 16}, and then at most 48, so that the datagram stays within {@link Signal#MAX_BYTES}.
 */
public record LeaseRequest(List<Item> items) {

    public static final int MAX_ITEMS = 64;
    public static final int MAX_ITEMS_WITH_TICKETS = 48;

    /** @param ticket {@link Ticket#NONE} for a first lease */
    public record Item(int spi, int lifetimeSeconds, Ticket ticket) {}

    public LeaseRequest {
        items = List.copyOf(items);
        if (items.isEmpty() || items.size() > (withTickets(items) ? MAX_ITEMS_WITH_TICKETS : MAX_ITEMS)) {
            throw new IllegalArgumentException(items.size() + " items in one LEASE");
        }
    }

    /** The header flags that go with this body. */
    public int flags() {
        return withTickets(items) ? Signal.FLAG_TICKETS : 0;
    }

    public byte[] encode() {
        boolean tickets = withTickets(items);
        WireWriter writer = new WireWriter(items.size() * (tickets ? 24 : 8));
        for (Item item : items) {
            writer.i32(item.spi()).i32(item.lifetimeSeconds());
            if (tickets) {
                item.ticket().write(writer);
            }
        }
        return writer.toByteArray();
    }

    public static LeaseRequest decode(int flags, byte[] body) throws MalformedException {
        boolean tickets = (flags & Signal.FLAG_TICKETS) != 0;
        int itemBytes = tickets ? 24 : 8;
        int count = body.length / itemBytes;
        if (count == 0 || count > (tickets ? MAX_ITEMS_WITH_TICKETS : MAX_ITEMS)) {
            throw new MalformedException(0, "LEASE", count + " items");
        }
        WireReader reader = new WireReader(body);
        List<Item> items = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int spi = reader.i32("SPI");
            int lifetime = reader.i32("lifetime");
            items.add(new Item(spi, lifetime, tickets ? Ticket.read(reader) : Ticket.NONE));
        }
        reader.end("LEASE");
        return new LeaseRequest(items);
    }

    private static boolean withTickets(List<Item> items) {
        return items.stream().anyMatch(item -> !item.ticket().equals(Ticket.NONE));
    }
}
