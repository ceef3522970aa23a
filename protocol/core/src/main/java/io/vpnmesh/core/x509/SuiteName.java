// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

/** The mesh-wide choice of algorithms, as far as keys and certificates see it. */
public enum SuiteName {
    /** Ed25519 (RFC 8032, RFC 8410). */
    DEFAULT("default", "Ed25519", "Ed25519"),
    /** ECDSA over P-256 with SHA-256 (FIPS 186-5, RFC 5480). */
    FIPS("fips", "EC", "SHA256withECDSA");

    private final String text;
    private final String keyAlgorithm;
    private final String signatureAlgorithm;

    SuiteName(String text, String keyAlgorithm, String signatureAlgorithm) {
        this.text = text;
        this.keyAlgorithm = keyAlgorithm;
        this.signatureAlgorithm = signatureAlgorithm;
    }

    /** As in {@code spec.crypto.suite}. */
    public String text() {
        return text;
    }

    /** The JCA name of the key algorithm. */
    public String keyAlgorithm() {
        return keyAlgorithm;
    }

    /** The JCA name of the signature algorithm. */
    public String signatureAlgorithm() {
        return signatureAlgorithm;
    }

    /** Errors: IllegalArgumentException that lists the suites. */
    public static SuiteName parse(String text) {
        for (SuiteName suite : values()) {
            if (suite.text.equals(text)) {
                return suite;
            }
        }
        throw new IllegalArgumentException("crypto suite '" + text + "' is unknown; write default or fips");
    }
}
