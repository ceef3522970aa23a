// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import io.vpnmesh.core.wire.MalformedException;
import java.util.Arrays;

/**
 * What a provider's key agreements must get right before a secret of theirs protects anything: both ends come to the same
 * secret (pair-wise consistency, as FIPS 140-3 asks of every key pair), which no end sent and which is not all zeros. It
 * also has the code loaded and half compiled before the first peer waits for it.
 */
public final class KeyAgreementSelfTest {

    private KeyAgreementSelfTest() {}

    /** Errors: IllegalStateException that names the method. */
    public static void check(CryptoProvider crypto, KeyMethod method) {
        try {
            KeyAgreement initiator = crypto.keyAgreement(method);
            byte[] sent = initiator.publicValue();
            KeyAgreement.Response response = crypto.respond(method, sent);
            try (SecretBytes ours = initiator.finish(response.publicValue());
                    SecretBytes theirs = response.secret()) {
                if (!ours.equals(theirs)) {
                    throw new IllegalStateException("the two ends of " + method + " came to different secrets");
                }
                if (Arrays.equals(sent, response.publicValue())) {
                    throw new IllegalStateException("the two ends of " + method + " drew the same key");
                }
                byte[] secret = ours.expose();
                if (Arrays.equals(secret, sent) || Arrays.equals(secret, new byte[secret.length])) {
                    throw new IllegalStateException("the ends of " + method + " agreed on what is no secret");
                }
            }
        } catch (MalformedException e) {
            throw new IllegalStateException(method + " refuses its own public value: " + e.getMessage(), e);
        }
    }
}
