// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.packet;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The relay's own inbound SAs by SPI. The conductor writes, the packet thread reads: each change publishes a new
 * immutable map. Changes are rare (a client comes, leaves or rekeys), reads are per signalling packet.
 */
public final class LocalSas {

    /** An SA with what the packet thread notes about it. */
    static final class Row {
        final NodeId client;
        final ChildSa child;
        boolean seen;

        Row(NodeId client, ChildSa child) {
            this.client = client;
            this.child = child;
        }
    }

    private volatile Map<Integer, Row> rows = Map.of();

    public void add(NodeId client, ChildSa child) {
        Map<Integer, Row> next = new HashMap<>(rows);
        next.put(child.inboundSpi(), new Row(client, child));
        rows = Map.copyOf(next);
    }

    /** The removed SA, which the caller closes. */
    public @Nullable ChildSa remove(int inboundSpi) {
        Map<Integer, Row> next = new HashMap<>(rows);
        Row removed = next.remove(inboundSpi);
        rows = Map.copyOf(next);
        return removed == null ? null : removed.child;
    }

    @Nullable
    Row find(int spi) {
        return rows.get(spi);
    }
}
