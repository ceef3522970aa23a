// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Body of ERROR: {@code code 2 | text}. The header's node id names the destination that the error is about.
 *
 * @param text for people, UTF-8, at most 256 bytes
 */
public record SignalError(int code, String text) {

    public static final int MALFORMED = 1;
    public static final int NOT_ATTACHED = 2;
    public static final int RATE_LIMITED = 3;
    public static final int UNSUPPORTED = 4;
    public static final int REFUSED = 5;

    private static final int MAX_TEXT_BYTES = 256;

    public byte[] encode() {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new WireWriter()
                .u16(code)
                .bytes(Arrays.copyOf(bytes, Math.min(bytes.length, MAX_TEXT_BYTES)))
                .toByteArray();
    }

    public static SignalError decode(byte[] body) throws MalformedException {
        WireReader reader = new WireReader(body);
        int code = reader.u16("error code");
        return new SignalError(code, new String(reader.rest(), StandardCharsets.UTF_8));
    }
}
