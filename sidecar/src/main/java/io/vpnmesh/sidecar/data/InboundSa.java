// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.ipsec.sa.ChildSa;

/** Whose packets an inbound SPI opens. */
public sealed interface InboundSa {

    ChildSa child();

    /** Packets for the pod, and probes. */
    record OfPeer(OverlayPeer peer, ChildSa child) implements InboundSa {}

    /** Signalling of a relay. */
    record OfRelay(NodeId relay, ChildSa child) implements InboundSa {}
}
