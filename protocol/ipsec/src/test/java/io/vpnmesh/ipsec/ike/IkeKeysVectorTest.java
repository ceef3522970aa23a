// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.vectors.Vector;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** NIST's IKEv2 key derivation (SP 800-135) through {@link IkeKeys}. */
class IkeKeysVectorTest {

    private final JdkCrypto crypto = new JdkCrypto();

    static List<Vector> derivations() {
        return Vector.of("ikev2-kdf.txt");
    }

    private static HashAlgorithm hash(Vector vector) {
        return HashAlgorithm.valueOf(vector.text("prf"));
    }

    private static IkeSuite suite(Vector vector) {
        return new IkeSuite(AeadAlgorithm.AES_256_GCM, hash(vector), KeyMethod.SECP256R1, List.of());
    }

    private static IkeKeys.Seed seed(Vector vector) {
        return new IkeKeys.Seed(vector.bytes("ni"), vector.bytes("nr"), vector.number("spiI"), vector.number("spiR"));
    }

    private IkeKeys initial(Vector vector) {
        return IkeKeys.initial(crypto, suite(vector), seed(vector), vector.secret("shared"));
    }

    /** SK_ei | SK_er | SK_pi | SK_pr in the order of RFC 7296 section 2.14. */
    private static byte[] behindSkD(IkeKeys keys) {
        return new WireWriter()
                .bytes(keys.encryption(true).expose())
                .bytes(keys.encryption(false).expose())
                .bytes(keys.authentication(true).expose())
                .bytes(keys.authentication(false).expose())
                .toByteArray();
    }

    @ParameterizedTest
    @MethodSource("derivations")
    void keysOfTheIkeSaFollowFromTheSharedSecret(Vector vector) {
        byte[] published = vector.bytes("keys");

        byte[] ours = behindSkD(initial(vector));

        int from = hash(vector).length();
        int length = Math.min(ours.length, published.length - from);
        assertThat(Arrays.copyOf(ours, length)).isEqualTo(Arrays.copyOfRange(published, from, from + length));
    }

    @ParameterizedTest
    @MethodSource("derivations")
    void keysOfAChildSaFollowFromTheIkeSa(Vector vector) {
        byte[] published = vector.bytes("child");

        SecretBytes ours =
                initial(vector).childKeyMaterial(vector.bytes("ni"), vector.bytes("nr"), List.of(), published.length);

        assertThat(ours.expose()).isEqualTo(published);
    }

    @ParameterizedTest
    @MethodSource("derivations")
    void keysOfAChildSaWithItsOwnKeyExchange(Vector vector) {
        byte[] published = vector.bytes("childWithKeyExchange");
        List<SecretBytes> shared = List.of(vector.secret("sharedNew"));

        SecretBytes ours =
                initial(vector).childKeyMaterial(vector.bytes("ni"), vector.bytes("nr"), shared, published.length);

        assertThat(ours.expose()).isEqualTo(published);
    }

    /** The sample ends at the successor's SKEYSEED; from there prf+ leads on, which the other cases prove. */
    @ParameterizedTest
    @MethodSource("derivations")
    void keysOfTheSuccessorFollowFromTheOldIkeSa(Vector vector) {
        IkeKeys.Seed seed = seed(vector);

        IkeKeys successor = initial(vector).successor(crypto, suite(vector), seed, List.of(vector.secret("sharedNew")));

        byte[] spis = new WireWriter(16).i64(seed.spiI()).i64(seed.spiR()).toByteArray();
        byte[] ours = behindSkD(successor);
        int from = hash(vector).length();
        SecretBytes expected = crypto.prf(hash(vector))
                .expand(vector.bytes("skeyseedRekey"), from + ours.length, seed.nonceI(), seed.nonceR(), spis);
        assertThat(ours).isEqualTo(Arrays.copyOfRange(expected.expose(), from, from + ours.length));
    }
}
