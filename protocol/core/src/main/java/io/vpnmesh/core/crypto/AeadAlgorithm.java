// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

/** The AEADs of the product; key lengths in bytes, without the salt. */
public enum AeadAlgorithm {
    /** NIST SP 800-38D with a 16-byte tag. */
    AES_256_GCM(32),
    AES_128_GCM(16),
    /** RFC 8439. */
    CHACHA20_POLY1305(32);

    private final int keyLength;

    AeadAlgorithm(int keyLength) {
        this.keyLength = keyLength;
    }

    public int keyLength() {
        return keyLength;
    }
}
