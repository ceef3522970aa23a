// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.IkePayload.Authentication;
import java.io.ByteArrayOutputStream;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.Signature;
import java.util.HexFormat;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which hashes a signature may have (RFC 7427 section 4, RFC 8420 section 2). */
class SignatureHashTest {

    private static final int SHA1 = 1;
    private static final int SHA2_256 = 2;
    private static final int IDENTITY = 5;
    private static final String ECDSA_WITH_SHA1 = "300906072a8648ce3d0401";
    private static final String ECDSA_WITH_SHA256 = "300a06082a8648ce3d040302";

    private final PeerAuthenticator authenticator = new PeerAuthenticator(new JdkCrypto());
    private final PeerAuthenticator.SignedOctets octets =
            new PeerAuthenticator.SignedOctets(new byte[] {1}, new byte[] {2}, new byte[] {3}, new byte[0]);

    private static Authentication signed(MeshKeyPair pair, String algorithm, String identifier)
            throws GeneralSecurityException {
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(pair.privateKey());
        signature.update(new byte[] {1, 2, 3});
        byte[] oid = HexFormat.of().parseHex(identifier);
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        data.write(oid.length);
        data.writeBytes(oid);
        data.writeBytes(signature.sign());
        return new Authentication(Authentication.DIGITAL_SIGNATURE, data.toByteArray());
    }

    @Test
    void aSignatureWithAHashThatWeDoNotListIsRefused() throws GeneralSecurityException {
        MeshKeyPair pair = MeshKeyPair.generate(SuiteName.FIPS, new SecureRandom());
        Authentication listed = signed(pair, "SHA256withECDSA", ECDSA_WITH_SHA256);
        assertThat(authenticator.verify(pair.publicKey(), listed, octets)).isTrue();
        Authentication weak = signed(pair, "SHA1withECDSA", ECDSA_WITH_SHA1);
        assertThat(authenticator.verify(pair.publicKey(), weak, octets)).isFalse();
    }

    @Test
    void aPeerThatListsNoHashOfOursGetsNoSignature() {
        MeshKeyPair ed25519 = MeshKeyPair.generate(SuiteName.DEFAULT, new SecureRandom());
        MeshKeyPair p256 = MeshKeyPair.generate(SuiteName.FIPS, new SecureRandom());
        assertThat(authenticator.sign(ed25519.privateKey(), Set.of(SHA1, SHA2_256), octets))
                .isEmpty();
        assertThat(authenticator.sign(ed25519.privateKey(), Set.of(IDENTITY), octets))
                .isPresent();
        assertThat(authenticator.sign(p256.privateKey(), Set.of(SHA1, IDENTITY), octets))
                .isEmpty();
        assertThat(authenticator.sign(p256.privateKey(), Set.of(SHA2_256), octets))
                .isPresent();
    }
}
