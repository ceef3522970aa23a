// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.sidecar.table.RoutingTable;
import io.vpnmesh.sidecar.table.SpiTable;
import java.util.Map;

/** Everything that the packet threads look things up in. Immutable. */
public record Tables(RoutingTable<OverlayPeer> routes, SpiTable<InboundSa> inbound) {

    static final Tables EMPTY = new Tables(new RoutingTable<>(Map.of()), new SpiTable<>());

    Tables withRoutes(RoutingTable<OverlayPeer> next) {
        return new Tables(next, inbound);
    }

    Tables withInbound(SpiTable<InboundSa> next) {
        return new Tables(routes, next);
    }
}
