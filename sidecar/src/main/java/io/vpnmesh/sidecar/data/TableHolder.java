// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.sidecar.table.RoutingTable;
import java.util.Map;

/** The one volatile reference between the conductor, which writes, and the packet threads, which read. */
public final class TableHolder {

    private volatile Tables tables = Tables.EMPTY;

    public Tables tables() {
        return tables;
    }

    /** Conductor only. */
    public void routes(Map<io.vpnmesh.core.net.Cidr, OverlayPeer> owners) {
        tables = tables.withRoutes(new RoutingTable<>(owners));
    }

    /** Conductor only. From here on packets of this SPI are opened. */
    public void addInbound(InboundSa sa) {
        tables = tables.withInbound(tables.inbound().with(sa.child().inboundSpi(), sa));
    }

    /** Conductor only. */
    public void removeInbound(int spi) {
        tables = tables.withInbound(tables.inbound().without(spi));
    }
}
