// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.wire.MalformedException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class JdkCryptoTest {

    private final JdkCrypto crypto = new JdkCrypto();

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    // draft-mcgrew-gcm-test-01 (two), RFC 8439 section 2.8.2
    @ParameterizedTest
    @CsvSource({
        "AES_128_GCM,4c80cdefbb5d10da906ac73c3613a634,2e443b684956ed7e3b244cfe,000043218765432100000000,"
                + "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000045f736970045f7564700373"
                + "69700963796265726369747902646b000021000101020201,"
                + "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f14a3f3cf65925bf1f4a13c5d"
                + "15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732459018148f6cbe722fd04796562dfdb4",
        "AES_256_GCM,abbccddef00112233445566778899aababbccddef00112233445566778899aab,112233440102030405060708,"
                + "4a2cbfe300000002,"
                + "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000020405b4010104020102"
                + "0201,"
                + "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a637985771d347f0545659f14e99def84"
                + "2d8eb335f4eecfdbf831824b4c4915956c96",
        "CHACHA20_POLY1305,808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f,070000004041424344454647,"
                + "50515253c0c1c2c3c4c5c6c7,"
                + "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f75"
                + "6c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e7363726565"
                + "6e20776f756c642062652069742e,"
                + "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71"
                + "de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def0"
                + "8e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691"
    })
    void aeadsAgreeWithPublishedPackets(
            AeadAlgorithm algorithm, String key, String nonce, String aad, String plain, String sealed) {
        byte[] buffer = Arrays.copyOf(hex(plain), hex(sealed).length);
        byte[] nonceBytes = hex(nonce);
        try (Aead aead = crypto.aead(algorithm, SecretBytes.owning(hex(key)))) {
            aead.seal(nonceBytes, hex(aad), 0, hex(aad).length, buffer, 0, hex(plain).length, buffer, 0);

            assertThat(buffer).isEqualTo(hex(sealed));
            assertThat(aead.open(nonceBytes, hex(aad), 0, hex(aad).length, buffer, 0, hex(plain).length, buffer, 0))
                    .isTrue();
            assertThat(Arrays.copyOf(buffer, hex(plain).length)).isEqualTo(hex(plain));
            assertThat(aead.open(nonceBytes, hex(aad), 0, hex(aad).length, buffer, 0, hex(plain).length, buffer, 0))
                    .isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(AeadAlgorithm.class)
    void nativeMemoryAndArraysHoldTheSameBytes(AeadAlgorithm algorithm) {
        MemorySegment memory = Arena.ofAuto().allocate(2000);
        byte[] key = new byte[algorithm.keyLength()];
        byte[] plain = new byte[1400];
        new Random(1).nextBytes(plain);
        byte[] nonce = new byte[Aead.NONCE_LENGTH];
        byte[] aad = new byte[12];
        // Two of one key, because the JDK refuses to seal twice with one nonce.
        try (Aead heap = crypto.aead(algorithm, SecretBytes.owning(key.clone()));
                Aead direct = crypto.aead(algorithm, SecretBytes.owning(key.clone()))) {
            for (int length = 0; length <= plain.length; length += 100) {
                nonce[0]++;
                byte[] sealed = new byte[length + Aead.TAG_LENGTH];
                heap.seal(nonce, aad, 0, 8, plain, 0, length, sealed, 0);
                direct.sealTo(nonce, aad, 8, plain, 0, length, memory, 5);
                assertThat(memory.asSlice(5, sealed.length).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(sealed);

                byte[] opened = new byte[1 + length];
                assertThat(direct.openFrom(nonce, aad, 8, memory, 5, length, opened, 1))
                        .isTrue();
                assertThat(Arrays.copyOfRange(opened, 1, opened.length)).isEqualTo(Arrays.copyOf(plain, length));

                memory.set(ValueLayout.JAVA_BYTE, 5, (byte) (memory.get(ValueLayout.JAVA_BYTE, 5) ^ 1));
                assertThat(direct.openFrom(nonce, aad, 8, memory, 5, length, opened, 1))
                        .isFalse();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(AeadAlgorithm.class)
    void oneKeySealsAndOpensInTurns(AeadAlgorithm algorithm) {
        byte[] buffer = new byte[48];
        byte[] nonce = new byte[Aead.NONCE_LENGTH];
        try (Aead aead = crypto.aead(algorithm, SecretBytes.owning(new byte[algorithm.keyLength()]))) {
            for (int i = 0; i < 10; i++) {
                nonce[0]++;
                aead.seal(nonce, buffer, 0, 0, buffer, 0, 32, buffer, 0);
                assertThat(aead.open(nonce, buffer, 0, 0, buffer, 0, 32, buffer, 0))
                        .isTrue();
            }
        }
        assertThat(buffer).startsWith(new byte[32]);
    }

    @Test
    void hmacAgreesWithRfc4231() {
        byte[] key = new byte[20];
        Arrays.fill(key, (byte) 0x0b);

        assertThat(crypto.prf(HashAlgorithm.SHA256).apply(key, "Hi".getBytes(), " There".getBytes()))
                .isEqualTo(hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
        assertThat(crypto.prf(HashAlgorithm.SHA384).apply(key, "Hi There".getBytes()))
                .isEqualTo(
                        hex("afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8"
                                + "b2fa9cb6"));
    }

    @Test
    void prfPlusChainsItsBlocks() {
        Prf prf = crypto.prf(HashAlgorithm.SHA256);
        byte[] key = hex("00112233");
        byte[] seed = hex("aabb");

        byte[] first = prf.apply(key, seed, new byte[] {1});
        byte[] second = prf.apply(key, first, seed, new byte[] {2});

        try (SecretBytes out = prf.expand(key, 40, seed)) {
            assertThat(Arrays.copyOf(out.expose(), 32)).isEqualTo(first);
            assertThat(Arrays.copyOfRange(out.expose(), 32, 40)).isEqualTo(Arrays.copyOf(second, 8));
        }
    }

    @ParameterizedTest
    @EnumSource(KeyMethod.class)
    void bothSidesOfAnAgreementGetTheSameSecret(KeyMethod method) throws MalformedException {
        KeyAgreement initiator = crypto.keyAgreement(method);
        assertThat(initiator.publicValue()).hasSize(method.initiatorLength());

        KeyAgreement.Response response = crypto.respond(method, initiator.publicValue());

        assertThat(response.publicValue()).hasSize(method.responderLength());
        assertThat(initiator.finish(response.publicValue())).isEqualTo(response.secret());
        assertThat(response.secret().length()).isEqualTo(32);
    }

    @ParameterizedTest
    @EnumSource(KeyMethod.class)
    void badPublicValuesAreMalformed(KeyMethod method) {
        byte[] bad = new byte[method.initiatorLength()];
        Arrays.fill(bad, method == KeyMethod.X25519 ? 0 : (byte) 0xFF);

        assertThatThrownBy(() -> crypto.respond(method, bad)).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> crypto.respond(method, new byte[7])).isInstanceOf(MalformedException.class);
    }

    @Test
    void signaturesVerifyOnlyForTheirKeyAndText() throws Exception {
        KeyPair ed = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair ec = generator.generateKeyPair();
        byte[] text = {1, 2, 3};

        byte[] byEd = crypto.sign(SignatureScheme.ED25519, ed.getPrivate(), text);
        byte[] byEc = crypto.sign(SignatureScheme.ECDSA_SHA256, ec.getPrivate(), text);

        assertThat(crypto.verify(SignatureScheme.ED25519, ed.getPublic(), byEd, text))
                .isTrue();
        assertThat(crypto.verify(SignatureScheme.ECDSA_SHA256, ec.getPublic(), byEc, text))
                .isTrue();
        assertThat(crypto.verify(SignatureScheme.ED25519, ed.getPublic(), byEd, new byte[] {1, 2, 4}))
                .isFalse();
        assertThat(crypto.verify(SignatureScheme.ED25519, ec.getPublic(), byEd, text))
                .isFalse();
        assertThat(crypto.verify(SignatureScheme.ECDSA_SHA256, ec.getPublic(), byEd, text))
                .isFalse();
    }
}
