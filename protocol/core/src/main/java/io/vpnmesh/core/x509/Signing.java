// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import java.security.PrivateKey;
import java.security.SecureRandom;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** BouncyCastle's view of a JDK signature. */
final class Signing {

    private Signing() {}

    static ContentSigner signer(MeshKeyPair pair, SecureRandom random) {
        return signer(pair.suite(), pair.privateKey(), random);
    }

    static ContentSigner signer(SuiteName suite, PrivateKey key, SecureRandom random) {
        try {
            return new JcaContentSignerBuilder(suite.signatureAlgorithm())
                    .setSecureRandom(random)
                    .build(key);
        } catch (OperatorCreationException e) {
            throw new IllegalStateException("every JDK signs with " + suite.signatureAlgorithm(), e);
        }
    }
}
