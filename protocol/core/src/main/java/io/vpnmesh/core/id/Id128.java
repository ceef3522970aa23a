// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.id;

import io.vpnmesh.core.wire.Base32;
import java.nio.ByteBuffer;

/** Sixteen bytes as two longs: the form that all identifiers share. Text is base32, 26 characters, a DNS label. */
record Id128(long high, long low) {

    static final int LENGTH_BYTES = 16;

    static Id128 of(byte[] bytes, String what) {
        if (bytes.length != LENGTH_BYTES) {
            throw new IllegalArgumentException(what + " has 16 bytes, not " + bytes.length);
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new Id128(buffer.getLong(), buffer.getLong());
    }

    static Id128 parse(String text, String what) {
        try {
            return of(Base32.decode(text), what);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not a " + what + " (26 characters of base32): " + text, e);
        }
    }

    byte[] bytes() {
        return ByteBuffer.allocate(LENGTH_BYTES).putLong(high).putLong(low).array();
    }

    String text() {
        return Base32.encode(bytes());
    }

    static int compare(long high, long low, long otherHigh, long otherLow) {
        int order = Long.compareUnsigned(high, otherHigh);
        return order != 0 ? order : Long.compareUnsigned(low, otherLow);
    }
}
