// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import java.util.OptionalInt;

/**
 * Where inbound SPIs come from. Every SPI has its top bit set, so that no ESP packet to us can look like STUN. Called
 * on the endpoint's thread; must not block.
 */
public interface SpiSource {

    /** An SPI nobody else uses, or empty when none is left; the negotiation then fails with the reason. */
    OptionalInt takeInboundSpi();

    /** The same for a SA with this peer; a sidecar may need no lease for a peer that sends to it directly. */
    default OptionalInt takeInboundSpi(PeerRef peer) {
        return takeInboundSpi();
    }

    /** The inbound SA of this SPI is gone, or was never made. */
    void freed(int spi);
}
