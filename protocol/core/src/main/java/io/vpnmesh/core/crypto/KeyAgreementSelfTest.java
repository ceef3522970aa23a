// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import io.vpnmesh.core.wire.MalformedException;

/**
 * What a provider's key agreements must get right before a secret of theirs protects anything: both ends come to the same
 * secret, and two agreements to different ones (pair-wise consistency, as FIPS 140-3 asks of every key pair). It also has
 * the code loaded and half compiled before the first peer waits for it.
 */
public final class KeyAgreementSelfTest {

    private KeyAgreementSelfTest() {}

    /** Errors: IllegalStateException that names the method. */
    public static void check(CryptoProvider crypto, KeyMethod method) {
        try (SecretBytes one = agree(crypto, method);
                SecretBytes other = agree(crypto, method)) {
            if (one.equals(other)) {
                throw new IllegalStateException(method + " agreed twice on the same secret");
            }
        }
    }

    private static SecretBytes agree(CryptoProvider crypto, KeyMethod method) {
        try {
            KeyAgreement initiator = crypto.keyAgreement(method);
            KeyAgreement.Response response = crypto.respond(method, initiator.publicValue());
            SecretBytes secret = initiator.finish(response.publicValue());
            try (SecretBytes theirs = response.secret()) {
                if (!secret.equals(theirs)) {
                    secret.close();
                    throw new IllegalStateException("the two ends of " + method + " came to different secrets");
                }
            }
            return secret;
        } catch (MalformedException e) {
            throw new IllegalStateException(method + " refuses its own public value: " + e.getMessage(), e);
        }
    }
}
