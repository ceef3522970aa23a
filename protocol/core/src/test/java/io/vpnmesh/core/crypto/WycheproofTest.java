// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.wire.MalformedException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Project Wycheproof's vectors through the doors that the protocols use. */
class WycheproofTest {

    private static final int P256_SEED_BYTES = 40;
    private static final int ML_KEM_SEED_BYTES = 64;

    /** One line of a file, by the names of its header. */
    private record Vector(Map<String, String> fields) {

        boolean isValid() {
            return text("result").equals("valid");
        }

        private String text(String name) {
            return requireNonNull(fields.get(name), name);
        }

        byte[] bytes(String name) {
            String text = text(name);
            return text.equals("-") ? new byte[0] : HexFormat.of().parseHex(text);
        }

        @Override
        public String toString() {
            return "test " + fields.get("id");
        }
    }

    private static List<Vector> vectors(String name, int atLeast) throws IOException {
        List<String> lines;
        try (InputStream in = WycheproofTest.class.getResourceAsStream("/vectors/wycheproof/" + name + ".txt")) {
            assertThat(in).as(name).isNotNull();
            lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
        List<String> header = List.of(lines.get(1).split(" "));
        List<Vector> vectors = lines.stream()
                .skip(2)
                .map(line -> {
                    List<String> values = List.of(line.split(" "));
                    Map<String, String> fields = new HashMap<>();
                    for (int i = 0; i < header.size(); i++) {
                        fields.put(header.get(i), values.get(i));
                    }
                    return new Vector(fields);
                })
                .toList();
        assertThat(vectors).hasSizeGreaterThanOrEqualTo(atLeast);
        return vectors;
    }

    @ParameterizedTest
    @EnumSource(HashAlgorithm.class)
    void hmac(HashAlgorithm hash) throws IOException {
        Prf prf = new JdkCrypto().prf(hash);
        for (Vector vector : vectors("hmac_" + hash.name().toLowerCase(java.util.Locale.ROOT), 80)) {
            byte[] tag = prf.apply(vector.bytes("key"), vector.bytes("msg"));

            assertThat(Arrays.equals(tag, vector.bytes("tag")))
                    .as(vector.toString())
                    .isEqualTo(vector.isValid());
        }
    }

    @Test
    void x25519() throws IOException, MalformedException {
        for (Vector vector : vectors("x25519", 500)) {
            KeyAgreement agreement =
                    new JdkCrypto(new ScriptedRandom(vector.bytes("private"))).keyAgreement(KeyMethod.X25519);
            byte[] shared = vector.bytes("shared");

            if (Arrays.equals(shared, new byte[shared.length])) {
                assertThatThrownBy(() -> agreement.finish(vector.bytes("public")))
                        .as("%s: a secret of zeros", vector)
                        .isInstanceOf(MalformedException.class);
            } else {
                assertThat(agreement.finish(vector.bytes("public")).expose())
                        .as(vector.toString())
                        .isEqualTo(shared);
            }
        }
    }

    @Test
    void ecdhOverP256() throws IOException, MalformedException {
        for (Vector vector : vectors("ecdh_secp256r1", 300)) {
            KeyAgreement agreement = new JdkCrypto(new ScriptedRandom(p256Seed(vector.bytes("private"))))
                    .keyAgreement(KeyMethod.SECP256R1);
            byte[] point = vector.bytes("public");
            // RFC 5903 sends the coordinates alone: what is not an uncompressed point has another length there
            boolean uncompressed = point.length == 65 && point[0] == 4;
            byte[] sent = Arrays.copyOfRange(point, Math.min(1, point.length), point.length);

            if (vector.isValid() && uncompressed) {
                assertThat(agreement.finish(sent).expose())
                        .as(vector.toString())
                        .isEqualTo(vector.bytes("shared"));
            } else {
                assertThatThrownBy(() -> agreement.finish(sent))
                        .as(vector.toString())
                        .isInstanceOf(MalformedException.class);
            }
        }
    }

    /** The JDK takes 40 random bytes, little-endian, modulo the order of the group. */
    private static byte[] p256Seed(byte[] privateKey) {
        byte[] bigEndian = new BigInteger(1, privateKey).toByteArray();
        byte[] seed = new byte[P256_SEED_BYTES];
        for (int i = 0; i < bigEndian.length; i++) {
            seed[i] = bigEndian[bigEndian.length - 1 - i];
        }
        return seed;
    }

    @Test
    void mlKemKeysAndDecapsulation() throws IOException, MalformedException {
        int judged = 0;
        for (Vector vector : vectors("mlkem_768", 40)) {
            byte[] seed = vector.bytes("seed");
            if (seed.length != ML_KEM_SEED_BYTES) {
                continue; // we draw seeds, nobody gives us one
            }
            judged++;
            KeyAgreement agreement = new JdkCrypto(new ScriptedRandom(seed)).keyAgreement(KeyMethod.ML_KEM_768);

            assertThat(agreement.publicValue()).as(vector.toString()).isEqualTo(vector.bytes("ek"));
            if (vector.isValid()) {
                assertThat(agreement.finish(vector.bytes("c")).expose())
                        .as(vector.toString())
                        .isEqualTo(vector.bytes("K"));
            } else {
                assertThatThrownBy(() -> agreement.finish(vector.bytes("c")))
                        .as(vector.toString())
                        .isInstanceOf(MalformedException.class);
            }
        }
        assertThat(judged).isGreaterThanOrEqualTo(40);
    }

    @Test
    void mlKemEncapsulation() throws IOException, MalformedException {
        for (Vector vector : vectors("mlkem_768_encaps", 40)) {
            JdkCrypto crypto = new JdkCrypto(new ScriptedRandom(vector.bytes("m")));

            if (vector.isValid()) {
                KeyAgreement.Response response = crypto.respond(KeyMethod.ML_KEM_768, vector.bytes("ek"));
                assertThat(response.publicValue()).as(vector.toString()).isEqualTo(vector.bytes("c"));
                assertThat(response.secret().expose()).as(vector.toString()).isEqualTo(vector.bytes("K"));
            } else {
                assertThatThrownBy(() -> crypto.respond(KeyMethod.ML_KEM_768, vector.bytes("ek")))
                        .as(vector.toString())
                        .isInstanceOf(MalformedException.class);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ed25519", "ecdsa_secp256r1_sha256"})
    void signatures(String file) throws IOException, GeneralSecurityException {
        boolean edwards = file.equals("ed25519");
        SignatureScheme scheme = edwards ? SignatureScheme.ED25519 : SignatureScheme.ECDSA_SHA256;
        KeyFactory keys = KeyFactory.getInstance(edwards ? "Ed25519" : "EC");
        Signer signer = new JdkCrypto().signer();
        for (Vector vector : vectors(file, 150)) {
            PublicKey key = keys.generatePublic(new X509EncodedKeySpec(vector.bytes("key")));

            assertThat(signer.verify(scheme, key, vector.bytes("sig"), vector.bytes("msg")))
                    .as(vector.toString())
                    .isEqualTo(vector.isValid());
        }
    }
}
