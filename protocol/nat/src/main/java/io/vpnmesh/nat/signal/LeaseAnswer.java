// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/** Body of LEASE_ANSWER: for each item of the request, in its order, {@code status 1 | ticket 16}. Also answers RELEASE. */
public record LeaseAnswer(List<Item> items) {

    private static final int ITEM_BYTES = 1 + Ticket.LENGTH_BYTES;

    public record Item(LeaseStatus status, Ticket ticket) {}

    public LeaseAnswer {
        items = List.copyOf(items);
    }

    public byte[] encode() {
        WireWriter writer = new WireWriter(items.size() * ITEM_BYTES);
        for (Item item : items) {
            writer.u8(item.status().ordinal());
            item.ticket().write(writer);
        }
        return writer.toByteArray();
    }

    public static LeaseAnswer decode(byte[] body) throws MalformedException {
        WireReader reader = new WireReader(body);
        List<Item> items = new ArrayList<>();
        while (reader.remaining() > 0) {
            items.add(new Item(LeaseStatus.of(reader.u8("status")), Ticket.read(reader)));
        }
        return new LeaseAnswer(items);
    }
}
