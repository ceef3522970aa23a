// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;

/** Body of DELAYED, both ways: {@code seconds 2 | nonce 8}; the request may carry padding behind it. */
public record Delayed(int seconds, long nonce) {

    public byte[] encode() {
        return new WireWriter(10).u16(seconds).i64(nonce).toByteArray();
    }

    public static Delayed decode(byte[] body) throws MalformedException {
        WireReader reader = new WireReader(body);
        return new Delayed(reader.u16("seconds"), reader.i64("nonce"));
    }
}
