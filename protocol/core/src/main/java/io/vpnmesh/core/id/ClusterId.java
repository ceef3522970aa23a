// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.id;

/** Names a cluster within a mesh: 16 random bytes made once. */
public record ClusterId(long high, long low) implements Comparable<ClusterId> {

    public static final int LENGTH_BYTES = Id128.LENGTH_BYTES;

    /** Errors: IllegalArgumentException unless 16 bytes. */
    public static ClusterId of(byte[] bytes) {
        Id128 id = Id128.of(bytes, "cluster id");
        return new ClusterId(id.high(), id.low());
    }

    /** Parses 26 characters of lower-case base32; IllegalArgumentException for anything else. */
    public static ClusterId parse(String text) {
        Id128 id = Id128.parse(text, "cluster id");
        return new ClusterId(id.high(), id.low());
    }

    public byte[] bytes() {
        return new Id128(high, low).bytes();
    }

    @Override
    public int compareTo(ClusterId other) {
        return Id128.compare(high, low, other.high, other.low);
    }

    @Override
    public String toString() {
        return new Id128(high, low).text();
    }
}
