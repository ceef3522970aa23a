// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import static io.vpnmesh.core.x509.TestPki.RANDOM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.wire.MalformedException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PemTest {

    @ParameterizedTest
    @EnumSource(SuiteName.class)
    void keyPairComesBackFromItsPrivateHalf(SuiteName suite) throws MalformedException {
        MeshKeyPair pair = MeshKeyPair.generate(suite, RANDOM);

        MeshKeyPair back = MeshKeyPair.of(Pem.privateKey(Pem.encode(pair.privateKey())));

        assertThat(back.publicKey()).isEqualTo(pair.publicKey());
        assertThat(back.suite()).isEqualTo(suite);
    }

    @Test
    void bundleKeepsItsOrder() throws MalformedException {
        TestPki pki = new TestPki(SuiteName.DEFAULT);

        String text = "a comment\n" + Pem.encode(List.of(pki.a.full, pki.root));

        assertThat(Pem.certificates(text)).containsExactly(pki.a.full, pki.root);
    }

    @Test
    void errorsNameWhatIsMissing() {
        assertThatThrownBy(() -> Pem.certificates("nothing"))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("BEGIN CERTIFICATE");
        assertThatThrownBy(() -> Pem.privateKey("-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----"))
                .hasMessageContaining("PKCS #8");
        assertThatThrownBy(() -> Pem.privateKey("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"))
                .hasMessageContaining("neither Ed25519 nor P-256");
        assertThatThrownBy(() -> Pem.certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"))
                .hasMessageContaining("not X.509");
    }

    @ParameterizedTest
    @EnumSource(SuiteName.class)
    void requestProvesPossession(SuiteName suite) throws MalformedException {
        MeshKeyPair pair = MeshKeyPair.generate(suite, RANDOM);

        Csr request = Csr.parse(Csr.build(pair, RANDOM));

        assertThat(request).isEqualTo(new Csr(pair.publicKey(), suite));
    }

    @Test
    void requestWithAnotherKeysSignatureIsRefused() {
        MeshKeyPair victim = MeshKeyPair.generate(SuiteName.DEFAULT, RANDOM);
        MeshKeyPair thief = MeshKeyPair.generate(SuiteName.DEFAULT, RANDOM);
        MeshKeyPair mixed = new MeshKeyPair(SuiteName.DEFAULT, victim.publicKey(), thief.privateKey());

        assertThatThrownBy(() -> Csr.parse(Csr.build(mixed, RANDOM)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("possession");
    }

    @ParameterizedTest
    @EnumSource(SuiteName.class)
    void signatureOverDataFitsOnlyItsKeyAndData(SuiteName suite) {
        MeshKeyPair pair = MeshKeyPair.generate(suite, RANDOM);
        MeshKeyPair other = MeshKeyPair.generate(suite, RANDOM);

        byte[] signature = DataSignature.sign(pair.privateKey(), new byte[] {1, 2}, RANDOM);

        assertThat(signature).hasSize(DataSignature.LENGTH_BYTES);
        assertThat(DataSignature.verify(pair.publicKey(), new byte[] {1, 2}, signature))
                .isTrue();
        assertThat(DataSignature.verify(pair.publicKey(), new byte[] {1, 3}, signature))
                .isFalse();
        assertThat(DataSignature.verify(other.publicKey(), new byte[] {1, 2}, signature))
                .isFalse();
        assertThat(DataSignature.verify(pair.publicKey(), new byte[] {1, 2}, new byte[64]))
                .isFalse();
    }
}
