// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

/** A keyed pseudo-random function; here always HMAC. */
public interface Prf {

    /** Output and preferred key length in bytes. */
    int length();

    /** prf(key, parts[0] | parts[1] | …); the caller owns the result. */
    byte[] apply(byte[] key, byte[]... parts);

    /**
     * prf+ of RFC 7296 section 2.13: T1 | T2 | … with Tn = prf(key, Tn-1 | seed | n).
     *
     * @param length at most 255 outputs of the function
     */
    default SecretBytes expand(byte[] key, int length, byte[]... seed) {
        if (length > 255 * length()) {
            throw new IllegalArgumentException("prf+ ends at 255 blocks");
        }
        byte[] out = new byte[length];
        byte[][] parts = new byte[seed.length + 2][];
        parts[0] = new byte[0];
        System.arraycopy(seed, 0, parts, 1, seed.length);
        for (int written = 0, block = 1; written < length; block++) {
            parts[seed.length + 1] = new byte[] {(byte) block};
            parts[0] = apply(key, parts);
            int count = Math.min(length(), length - written);
            System.arraycopy(parts[0], 0, out, written, count);
            written += count;
        }
        return SecretBytes.owning(out);
    }
}
