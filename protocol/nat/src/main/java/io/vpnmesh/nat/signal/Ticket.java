// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;

/**
 * Proof of an earlier lease, opaque to its holder: {@code expiry 4 (seconds since 1970) | truncated HMAC 12}.
 *
 * @param expirySeconds unsigned 32 bits
 */
public record Ticket(int expirySeconds, int macHigh, long macLow) {

    public static final int LENGTH_BYTES = 16;

    /** The absence of a ticket. */
    public static final Ticket NONE = new Ticket(0, 0, 0);

    static Ticket read(WireReader reader) throws MalformedException {
        return new Ticket(reader.i32("ticket expiry"), reader.i32("ticket"), reader.i64("ticket"));
    }

    void write(WireWriter writer) {
        writer.i32(expirySeconds).i32(macHigh).i64(macLow);
    }
}
