// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

/** Signature algorithms of keys in the mesh. */
public enum SignatureScheme {
    /** RFC 8032, pure. */
    ED25519("Ed25519"),
    /** FIPS 186-5 over P-256; the signature is a DER ECDSA-Sig-Value. */
    ECDSA_SHA256("SHA256withECDSA"),
    ECDSA_SHA384("SHA384withECDSA"),
    ECDSA_SHA512("SHA512withECDSA");

    private final String jcaName;

    SignatureScheme(String jcaName) {
        this.jcaName = jcaName;
    }

    String jcaName() {
        return jcaName;
    }
}
