// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

/** Hashes, and the HMACs over them (RFC 2104, FIPS 180-4). */
public enum HashAlgorithm {
    /** Only where RFC 7296 fixes it: NAT detection (2.23) and key identifiers in CERTREQ (3.7). */
    SHA1("SHA-1", "HmacSHA1", 20),
    SHA256("SHA-256", "HmacSHA256", 32),
    SHA384("SHA-384", "HmacSHA384", 48),
    SHA512("SHA-512", "HmacSHA512", 64);

    private final String digestName;
    private final String macName;
    private final int length;

    HashAlgorithm(String digestName, String macName, int length) {
        this.digestName = digestName;
        this.macName = macName;
        this.length = length;
    }

    String digestName() {
        return digestName;
    }

    String macName() {
        return macName;
    }

    /** Output in bytes. */
    public int length() {
        return length;
    }
}
