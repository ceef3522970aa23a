// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

/** Ways to agree on a shared secret; lengths are those of the public values on the wire. */
public enum KeyMethod {
    /** RFC 7748. */
    X25519(32, 32),
    /** NIST P-256, uncompressed without the leading octet 4 (RFC 5903). */
    SECP256R1(64, 64),
    /** FIPS 203: encapsulation key one way, ciphertext the other. */
    ML_KEM_768(1184, 1088);

    private final int initiatorLength;
    private final int responderLength;

    KeyMethod(int initiatorLength, int responderLength) {
        this.initiatorLength = initiatorLength;
        this.responderLength = responderLength;
    }

    public int initiatorLength() {
        return initiatorLength;
    }

    public int responderLength() {
        return responderLength;
    }
}
