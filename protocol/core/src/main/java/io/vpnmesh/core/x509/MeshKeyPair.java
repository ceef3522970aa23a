// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.wire.MalformedException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;

/** A key pair of one suite. Keys are JDK keys; only recovering a public key needs curve arithmetic. */
public record MeshKeyPair(SuiteName suite, PublicKey publicKey, PrivateKey privateKey) {

    private static final int P256_BITS = 256;

    public static MeshKeyPair generate(SuiteName suite, SecureRandom random) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(suite.keyAlgorithm());
            generator.initialize(parameters(suite), random);
            KeyPair pair = generator.generateKeyPair();
            return new MeshKeyPair(suite, pair.getPublic(), pair.getPrivate());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK makes " + suite.keyAlgorithm() + " keys", e);
        }
    }

    /** The pair of a private key that was read back; the public half is computed. */
    public static MeshKeyPair of(PrivateKey privateKey) throws MalformedException {
        try {
            AsymmetricKeyParameter parameters = PrivateKeyFactory.createKey(privateKey.getEncoded());
            SuiteName suite = suiteOf(privateKey);
            AsymmetricKeyParameter publicParameters = switch (parameters) {
                case Ed25519PrivateKeyParameters ed25519 -> ed25519.generatePublicKey();
                case ECPrivateKeyParameters ec ->
                    new ECPublicKeyParameters(ec.getParameters().getG().multiply(ec.getD()), ec.getParameters());
                default -> throw new MalformedException(0, "private key", "neither Ed25519 nor P-256");
            };
            byte[] spki = SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(publicParameters)
                    .getEncoded();
            PublicKey publicKey =
                    KeyFactory.getInstance(suite.keyAlgorithm()).generatePublic(new X509EncodedKeySpec(spki));
            return new MeshKeyPair(suite, publicKey, privateKey);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new MalformedException(0, "private key", "not a usable key: " + e.getMessage());
        }
    }

    /** Errors: MalformedException unless the key is Ed25519 or lies on P-256. */
    public static SuiteName suiteOf(PublicKey key) throws MalformedException {
        if (key instanceof EdECPublicKey ed && ed.getParams().getName().equals(NamedParameterSpec.ED25519.getName())) {
            return SuiteName.DEFAULT;
        }
        // Of all curves that the JDK's parser takes, P-256 alone has a field of this size.
        if (key instanceof ECPublicKey ec
                && ec.getParams().getCurve().getField().getFieldSize() == P256_BITS) {
            return SuiteName.FIPS;
        }
        throw new MalformedException(0, "public key", key.getAlgorithm() + " is neither Ed25519 nor P-256");
    }

    static SuiteName suiteOf(PrivateKey key) throws MalformedException {
        if (key instanceof EdECPrivateKey ed && ed.getParams().getName().equals(NamedParameterSpec.ED25519.getName())) {
            return SuiteName.DEFAULT;
        }
        if (key instanceof ECPrivateKey ec
                && ec.getParams().getCurve().getField().getFieldSize() == P256_BITS) {
            return SuiteName.FIPS;
        }
        throw new MalformedException(0, "private key", key.getAlgorithm() + " is neither Ed25519 nor P-256");
    }

    private static AlgorithmParameterSpec parameters(SuiteName suite) {
        return switch (suite) {
            case DEFAULT -> NamedParameterSpec.ED25519;
            case FIPS -> new ECGenParameterSpec("secp256r1");
        };
    }

    @Override
    public String toString() {
        return "MeshKeyPair[" + suite + "]";
    }
}
