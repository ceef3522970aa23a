// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.crypto.Curve25519;
import io.vpnmesh.core.wire.MalformedException;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;

/** Signatures over data by the keys of certificates, in the fixed-length form of JOSE and COSE (RFC 9053 section 2). */
public final class DataSignature {

    /** Of both suites: R and S of 32 bytes. */
    public static final int LENGTH_BYTES = 64;

    private static final String ECDSA = "SHA256withECDSAinP1363Format";

    private DataSignature() {}

    public static byte[] sign(PrivateKey key, byte[] data, SecureRandom random) {
        try {
            if (MeshKeyPair.suiteOf(key) == SuiteName.DEFAULT) {
                return Curve25519.sign(key, data);
            }
            Signature signature = Signature.getInstance(ECDSA);
            signature.initSign(key, random);
            signature.update(data);
            return signature.sign();
        } catch (GeneralSecurityException | MalformedException e) {
            throw new IllegalStateException("a key of ours signs", e);
        }
    }

    /** False also for a signature of the wrong form or a key outside the suites. */
    public static boolean verify(PublicKey key, byte[] data, byte[] signatureBytes) {
        if (signatureBytes.length != LENGTH_BYTES) {
            return false;
        }
        try {
            if (MeshKeyPair.suiteOf(key) == SuiteName.DEFAULT) {
                return Curve25519.verify(key, signatureBytes, data);
            }
            Signature signature = Signature.getInstance(ECDSA);
            signature.initVerify(key);
            signature.update(data);
            return signature.verify(signatureBytes);
        } catch (SignatureException | InvalidKeyException | MalformedException _) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has ECDSA", e);
        }
    }
}
