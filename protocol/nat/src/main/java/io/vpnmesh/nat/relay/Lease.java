// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

/** One leased SPI. The fields that packet threads read never change; the expiry is the conductor's. */
final class Lease implements SpiTable.Row {

    final int spi;
    final RelayedClient client;
    long expiresNs;

    Lease(int spi, RelayedClient client, long expiresNs) {
        this.spi = spi;
        this.client = client;
        this.expiresNs = expiresNs;
    }

    @Override
    public int spi() {
        return spi;
    }
}
