// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.check;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.nat.stun.StunAttribute;
import io.vpnmesh.nat.stun.StunMessage;
import java.util.Optional;

/**
 * The path-check attribute 0xC0F0: {@code path id 4 | sequence 8 | flags 1 | RTT microseconds 4 | loss per mille 2}.
 *
 * @param pathId names the path for its sender
 * @param sequence grows per direction and IKE SA
 * @param rttMicros the sender's smoothed round trip; 0 = not measured
 * @param lossPerMille 0 to 1000, of the sender's checks
 */
public record PathCheck(int pathId, long sequence, int flags, int rttMicros, int lossPerMille) {

    /** The sender uses this path for its packets: informs, commands nothing. */
    public static final int FLAG_IN_USE = 1;

    public byte[] encode() {
        return new WireWriter(19)
                .i32(pathId)
                .i64(sequence)
                .u8(flags)
                .i32(rttMicros)
                .u16(lossPerMille)
                .toByteArray();
    }

    /** Later versions may append fields: what follows is ignored. */
    public static PathCheck decode(byte[] value) throws MalformedException {
        WireReader reader = new WireReader(value);
        return new PathCheck(
                reader.i32("path id"),
                reader.i64("sequence"),
                reader.u8("flags"),
                reader.i32("RTT"),
                reader.u16("loss"));
    }

    /** Empty when the attribute is absent or malformed. */
    public static Optional<PathCheck> in(StunMessage message) {
        byte[] value = message.value(StunAttribute.PATH_CHECK);
        if (value == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(decode(value));
        } catch (MalformedException _) {
            return Optional.empty();
        }
    }
}
