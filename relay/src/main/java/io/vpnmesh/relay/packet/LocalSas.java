// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.packet;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.relay.SpiTable;
import org.jspecify.annotations.Nullable;

/** The relay's own inbound SAs by SPI. The conductor writes, the packet thread reads. */
public final class LocalSas {

    /** An SA with what the packet thread notes about it. */
    static final class Row implements SpiTable.Row {
        final NodeId client;
        final ChildSa child;
        boolean seen;

        Row(NodeId client, ChildSa child) {
            this.client = client;
            this.child = child;
        }

        @Override
        public int spi() {
            return child.inboundSpi();
        }
    }

    private final SpiTable<Row> rows = new SpiTable<>();

    public void add(NodeId client, ChildSa child) {
        rows.add(new Row(client, child));
    }

    /** The removed SA, which the caller closes. */
    public @Nullable ChildSa remove(int inboundSpi) {
        Row row = rows.find(inboundSpi);
        if (row == null) {
            return null;
        }
        rows.remove(row);
        return row.child;
    }

    @Nullable
    Row find(int spi) {
        return rows.find(spi);
    }
}
