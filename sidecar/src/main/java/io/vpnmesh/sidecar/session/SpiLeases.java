// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.ipsec.ike.SpiSource;
import io.vpnmesh.nat.relay.LeasePool;
import java.util.OptionalInt;

/** Inbound SPIs for IKE: leased on the home relays for peers, of our own for whoever sends to us directly. */
final class SpiLeases implements SpiSource {

    private final LeasePool leases;
    private Runnable taken = () -> {};

    SpiLeases(LeasePool leases) {
        this.leases = leases;
    }

    /** Told whenever the pool may want to lease more. */
    void onTaken(Runnable action) {
        taken = action;
    }

    @Override
    public OptionalInt takeInboundSpi() {
        OptionalInt spi = leases.takeInboundSpi();
        taken.run();
        return spi;
    }

    @Override
    public OptionalInt takeInboundSpi(PeerRef peer) {
        return switch (peer) {
            case PeerRef.Signalled _ -> takeInboundSpi();
            case PeerRef.Direct _ -> OptionalInt.of(leases.takeLocalSpi());
        };
    }

    @Override
    public void freed(int spi) {
        leases.freed(spi);
        taken.run();
    }
}
