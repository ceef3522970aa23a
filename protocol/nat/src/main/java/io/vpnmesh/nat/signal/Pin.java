// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;

/**
 * Body of PIN: {@code SPI 4 | next relay's node id 16 | hop budget 1}; holds for {@link #LIFETIME_SECONDS}.
 *
 * @param hopBudget 1 or 2
 */
public record Pin(int spi, NodeId nextRelay, int hopBudget) {

    public static final int LIFETIME_SECONDS = 60;

    public byte[] encode() {
        return new WireWriter(21)
                .i32(spi)
                .bytes(nextRelay.bytes())
                .u8(hopBudget)
                .toByteArray();
    }

    public static Pin decode(byte[] body) throws MalformedException {
        WireReader reader = new WireReader(body);
        int spi = reader.i32("SPI");
        NodeId next = NodeId.of(reader.bytes(NodeId.LENGTH_BYTES, "next relay"));
        int budget = reader.u8("hop budget");
        reader.end("PIN");
        if (budget < 1 || budget > 2) {
            throw new MalformedException(20, "hop budget", "is " + budget);
        }
        return new Pin(spi, next, budget);
    }
}
