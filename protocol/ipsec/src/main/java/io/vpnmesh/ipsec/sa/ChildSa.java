// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.sa;

import io.vpnmesh.ipsec.esp.EspOpener;
import io.vpnmesh.ipsec.esp.EspSealer;
import java.util.List;

/**
 * A pair of ESP SAs between us and a peer (RFC 7296 section 1). Immutable but for the counters of its two ends; the
 * sealer belongs to one packet thread, the opener to one.
 *
 * @param session the IKE session that owns it
 * @param inboundSpi chosen by us; its top bit is set
 * @param local selectors of our side
 * @param remote selectors of the peer's side
 * @param createdNs when it was negotiated
 * @param lifetime the limits in force
 */
public record ChildSa(
        long session,
        int inboundSpi,
        int outboundSpi,
        EspSealer sealer,
        EspOpener opener,
        List<TrafficSelector> local,
        List<TrafficSelector> remote,
        boolean esn,
        long createdNs,
        SaLifetime lifetime) {

    public ChildSa {
        local = List.copyOf(local);
        remote = List.copyOf(remote);
    }

    /** Wipes the keys. Call after {@code ChildRemoved}, when no packet thread can still hold this SA. */
    public void close() {
        sealer.close();
        opener.close();
    }
}
