// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import io.vpnmesh.core.wire.MalformedException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Provider;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Security;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import javax.crypto.KEM;

/**
 * P-256 and ML-KEM-768 of the JDK. Public values cross the JCA as X.509 structures; their prefix is constant for
 * each method, so it is cut off and put back here.
 */
final class JdkKeyAgreement implements KeyAgreement {

    /** What JCA needs for one method; the prefix is the SubjectPublicKeyInfo up to the raw key. */
    private enum Jca {
        SECP256R1(
                KeyMethod.SECP256R1,
                "EC",
                new ECGenParameterSpec("secp256r1"),
                "3059301306072a8648ce3d020106082a8648ce3d03010703420004"),
        ML_KEM_768(
                KeyMethod.ML_KEM_768,
                "ML-KEM",
                NamedParameterSpec.ML_KEM_768,
                "308204b2300b0609608648016503040402038204a100");

        private final KeyMethod method;
        private final String algorithm;
        private final AlgorithmParameterSpec parameters;
        private final byte[] prefix;

        Jca(KeyMethod method, String algorithm, AlgorithmParameterSpec parameters, String prefix) {
            this.method = method;
            this.algorithm = algorithm;
            this.parameters = parameters;
            this.prefix = HexFormat.of().parseHex(prefix);
        }

        static Jca of(KeyMethod method) {
            return switch (method) {
                case X25519 -> throw new IllegalArgumentException("X25519 is X25519Agreement's");
                case SECP256R1 -> SECP256R1;
                case ML_KEM_768 -> ML_KEM_768;
            };
        }

        KeyPair generate(SecureRandom random) {
            try {
                KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
                generator.initialize(parameters, random);
                return generator.generateKeyPair();
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("this JDK lacks " + method, e);
            }
        }

        byte[] raw(PublicKey key) {
            byte[] encoded = key.getEncoded();
            return Arrays.copyOfRange(encoded, prefix.length, encoded.length);
        }

        PublicKey parse(byte[] raw) throws GeneralSecurityException {
            byte[] encoded = Arrays.copyOf(prefix, prefix.length + raw.length);
            System.arraycopy(raw, 0, encoded, prefix.length, raw.length);
            return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(encoded));
        }
    }

    private final Jca jca;
    private final KeyPair keys;

    JdkKeyAgreement(KeyMethod method, SecureRandom random) {
        jca = Jca.of(method);
        keys = jca.generate(random);
    }

    @Override
    public KeyMethod method() {
        return jca.method;
    }

    @Override
    public byte[] publicValue() {
        return jca.raw(keys.getPublic());
    }

    @Override
    public SecretBytes finish(byte[] peerValue) throws MalformedException {
        if (peerValue.length != jca.method.responderLength()) {
            throw new MalformedException(0, jca.method.name(), peerValue.length + " bytes");
        }
        try {
            if (jca == Jca.ML_KEM_768) {
                KEM.Decapsulator decapsulator = mlKem().newDecapsulator(keys.getPrivate());
                return SecretBytes.owning(decapsulator.decapsulate(peerValue).getEncoded());
            }
            return agree(jca, keys, peerValue);
        } catch (GeneralSecurityException e) {
            throw new MalformedException(0, jca.method.name(), String.valueOf(e.getMessage()));
        }
    }

    static Response respond(KeyMethod method, byte[] initiatorValue, SecureRandom random) throws MalformedException {
        Jca jca = Jca.of(method);
        if (initiatorValue.length != method.initiatorLength()) {
            throw new MalformedException(0, method.name(), initiatorValue.length + " bytes");
        }
        try {
            if (jca == Jca.ML_KEM_768) {
                KEM.Encapsulated result = mlKem().newEncapsulator(jca.parse(initiatorValue), random)
                        .encapsulate();
                return new Response(
                        result.encapsulation(), SecretBytes.owning(result.key().getEncoded()));
            }
            KeyPair keys = jca.generate(random);
            return new Response(jca.raw(keys.getPublic()), agree(jca, keys, initiatorValue));
        } catch (GeneralSecurityException e) {
            throw new MalformedException(0, method.name(), String.valueOf(e.getMessage()));
        }
    }

    /**
     * The JDK's own where it is installed: a search by the algorithm's name alone asks every provider, also those that are
     * only on the class path, and loads all of BouncyCastle's on the way to the first handshake.
     */
    private static KEM mlKem() throws GeneralSecurityException {
        Provider own = Security.getProvider("SunJCE");
        return own == null ? KEM.getInstance("ML-KEM") : KEM.getInstance("ML-KEM", own);
    }

    private static SecretBytes agree(Jca jca, KeyPair keys, byte[] peerValue) throws GeneralSecurityException {
        // The JDK refuses points off the curve.
        javax.crypto.KeyAgreement agreement = javax.crypto.KeyAgreement.getInstance("ECDH");
        agreement.init(keys.getPrivate());
        agreement.doPhase(jca.parse(peerValue), true);
        return SecretBytes.owning(agreement.generateSecret());
    }
}
