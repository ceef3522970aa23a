// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.sim;

import java.nio.ByteBuffer;

/** A numbered packet of an app. */
final class SimData {

    private SimData() {}

    static byte[] encode(long number) {
        return ByteBuffer.allocate(8).putLong(number).array();
    }

    static long decode(byte[] body) {
        return ByteBuffer.wrap(body).getLong();
    }
}
