// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;

/**
 * Body of PIN_ANSWER: {@code SPI 4 | status 1 | seconds 2}.
 *
 * @param status 0 is granted, else a code of {@link SignalError}
 */
public record PinAnswer(int spi, int status, int seconds) {

    public byte[] encode() {
        return new WireWriter(7).i32(spi).u8(status).u16(seconds).toByteArray();
    }

    public static PinAnswer decode(byte[] body) throws MalformedException {
        WireReader reader = new WireReader(body);
        PinAnswer answer = new PinAnswer(reader.i32("SPI"), reader.u8("status"), reader.u16("seconds"));
        reader.end("PIN_ANSWER");
        return answer;
    }
}
