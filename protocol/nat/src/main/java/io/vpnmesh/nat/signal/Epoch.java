// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;

/** Body of PRIMED and of CALL_ME: {@code epoch 8}, that of the sender's candidates. */
public record Epoch(long epoch) {

    public byte[] encode() {
        return new WireWriter(8).i64(epoch).toByteArray();
    }

    public static Epoch decode(byte[] body) throws MalformedException {
        WireReader reader = new WireReader(body);
        long epoch = reader.i64("epoch");
        reader.end("epoch");
        return new Epoch(epoch);
    }
}
