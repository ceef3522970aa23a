// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import java.io.IOException;
import java.math.BigInteger;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;

/**
 * ECDSA-Sig-Value in DER (RFC 3279 section 2.2.3). The JDK takes several spellings of one signature; we take the one that
 * DER allows, with both numbers below the order of the group.
 */
final class EcdsaEncoding {

    private EcdsaEncoding() {}

    /** False for a key that is not on an elliptic curve, too. */
    static boolean isCanonical(PublicKey key, byte[] signature) {
        if (!(key instanceof ECPublicKey ec)) {
            return false;
        }
        try {
            BigInteger[] numbers =
                    StandardDSAEncoding.INSTANCE.decode(ec.getParams().getOrder(), signature);
            return numbers.length == 2;
        } catch (IOException | RuntimeException _) {
            return false; // BouncyCastle reports hostile bytes by unchecked exceptions too
        }
    }
}
