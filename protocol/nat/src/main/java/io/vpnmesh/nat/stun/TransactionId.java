// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.stun;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/** The 96 random bits that pair a STUN response with its request (RFC 8489 section 5). */
public record TransactionId(int high, long low) {

    public static final int LENGTH_BYTES = 12;

    public static TransactionId random(RandomGenerator random) {
        return new TransactionId(random.nextInt(), random.nextLong());
    }

    /** Errors: IllegalArgumentException unless 12 bytes. */
    public static TransactionId of(byte[] bytes) {
        if (bytes.length != LENGTH_BYTES) {
            throw new IllegalArgumentException("a transaction id has 12 bytes, not " + bytes.length);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new TransactionId(buffer.getInt(), buffer.getLong());
    }

    public byte[] bytes() {
        return ByteBuffer.allocate(LENGTH_BYTES).putInt(high).putLong(low).array();
    }
}
