// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import java.security.MessageDigest;
import java.util.Arrays;

/**
 * Owns key bytes: prints nothing, compares in constant time, zeroes on close. Use after close is a bug of ours and
 * throws IllegalStateException.
 */
public final class SecretBytes implements AutoCloseable {

    private final byte[] bytes;
    private boolean closed;

    private SecretBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Takes the array over: the caller must not keep it. */
    public static SecretBytes owning(byte[] bytes) {
        return new SecretBytes(bytes);
    }

    public static SecretBytes copyOf(byte[] bytes, int from, int to) {
        return new SecretBytes(Arrays.copyOfRange(bytes, from, to));
    }

    public int length() {
        return bytes.length;
    }

    /** The bytes themselves, not a copy; they turn to zeros on close. Never store, log or put them into a string. */
    public byte[] expose() {
        if (closed) {
            throw new IllegalStateException("secret used after close");
        }
        return bytes;
    }

    /** A new secret with the bytes from..to of this one. */
    public SecretBytes slice(int from, int to) {
        return copyOf(expose(), from, to);
    }

    @Override
    public void close() {
        Arrays.fill(bytes, (byte) 0);
        closed = true;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SecretBytes secret && MessageDigest.isEqual(bytes, secret.bytes);
    }

    @Override
    public int hashCode() {
        return SecretBytes.class.hashCode(); // never a function of the secret
    }

    @Override
    public String toString() {
        return "SecretBytes[" + bytes.length + "]";
    }
}
