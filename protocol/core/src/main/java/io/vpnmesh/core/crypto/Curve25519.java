// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc7748.X25519;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * Ed25519 (RFC 8032, pure) and X25519 (RFC 7748) by BouncyCastle's arithmetic. The JDK's takes many times as long to sign and to
 * verify and twice as long to agree ({@code make bench-blocks}), warm and cold: most of a handshake was that. Constant
 * time wherever a secret is involved; signatures are deterministic. Keys stay JDK keys.
 */
public final class Curve25519 {

    /** Of an Ed25519 signature. */
    public static final int SIGNATURE_BYTES = Ed25519.SIGNATURE_SIZE;

    private static final int KEY_BYTES = Ed25519.PUBLIC_KEY_SIZE;

    private Curve25519() {}

    /** Errors: InvalidKeyException for a key that is not Ed25519's or does not give its bytes away. */
    public static byte[] sign(PrivateKey key, byte[]... parts) throws InvalidKeyException {
        if (!(key instanceof EdECPrivateKey edwards) || !isEd25519(edwards.getParams())) {
            throw new InvalidKeyException("not a private key for Ed25519: " + key.getAlgorithm());
        }
        byte[] seed = edwards.getBytes()
                .orElseThrow(() -> new InvalidKeyException("a private key for Ed25519 that keeps its bytes to itself"));
        byte[] message = joined(parts);
        byte[] signature = new byte[SIGNATURE_BYTES];
        Ed25519.sign(seed, 0, message, 0, message.length, signature, 0);
        Arrays.fill(seed, (byte) 0); // a copy
        return signature;
    }

    /** False also for a key that is not Ed25519's, and for points and numbers that RFC 8032 section 5.1.7 does not allow. */
    public static boolean verify(PublicKey key, byte[] signature, byte[]... parts) {
        if (!(key instanceof EdECPublicKey edwards)
                || !isEd25519(edwards.getParams())
                || signature.length != SIGNATURE_BYTES) {
            return false;
        }
        byte[] spki = key.getEncoded();
        byte[] message = joined(parts);
        return Ed25519.verify(signature, 0, spki, spki.length - KEY_BYTES, message, 0, message.length);
    }

    /** A fresh private key for X25519. */
    static SecretBytes newPrivateKey(SecureRandom random) {
        byte[] key = new byte[X25519.SCALAR_SIZE];
        X25519.generatePrivateKey(random, key);
        return SecretBytes.owning(key);
    }

    /** What goes to the peer, of 32 bytes. */
    static byte[] publicValue(SecretBytes privateKey) {
        byte[] value = new byte[X25519.POINT_SIZE];
        X25519.generatePublicKey(privateKey.expose(), 0, value, 0);
        return value;
    }

    /** Puts the shared secret of 32 bytes there; false if it is zero (RFC 7748 section 6.1). */
    static boolean agree(SecretBytes privateKey, byte[] peerValue, byte[] secret) {
        return X25519.calculateAgreement(privateKey.expose(), 0, peerValue, 0, secret, 0);
    }

    private static boolean isEd25519(NamedParameterSpec parameters) {
        return parameters.getName().equals(NamedParameterSpec.ED25519.getName());
    }

    private static byte[] joined(byte[]... parts) {
        if (parts.length == 1) {
            return parts[0];
        }
        byte[] whole =
                new byte[Arrays.stream(parts).mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        return whole;
    }
}
