// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.id;

/** Names a mesh: 16 random bytes made once, together with the mesh's root key. */
public record MeshId(long high, long low) implements Comparable<MeshId> {

    public static final int LENGTH_BYTES = Id128.LENGTH_BYTES;

    /** Errors: IllegalArgumentException unless 16 bytes. */
    public static MeshId of(byte[] bytes) {
        Id128 id = Id128.of(bytes, "mesh id");
        return new MeshId(id.high(), id.low());
    }

    /** Parses 26 characters of lower-case base32; IllegalArgumentException for anything else. */
    public static MeshId parse(String text) {
        Id128 id = Id128.parse(text, "mesh id");
        return new MeshId(id.high(), id.low());
    }

    public byte[] bytes() {
        return new Id128(high, low).bytes();
    }

    @Override
    public int compareTo(MeshId other) {
        return Id128.compare(high, low, other.high, other.low);
    }

    @Override
    public String toString() {
        return new Id128(high, low).text();
    }
}
