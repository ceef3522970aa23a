// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import io.vpnmesh.core.wire.MalformedException;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The primitives of the JDK's own providers, but for {@link Curve25519}; another engine may take the packets of Child SAs
 * over.
 */
public final class JdkCrypto implements CryptoProvider, Signer {

    private final SecureRandom random;
    private final AeadEngine packets;

    /** Draws key pairs from the platform's generator. */
    public JdkCrypto() {
        this(new SecureRandom());
    }

    public JdkCrypto(SecureRandom random) {
        this(random, new JdkEngine());
    }

    /** @param packets seals and opens the packets of Child SAs */
    public JdkCrypto(SecureRandom random, AeadEngine packets) {
        this.random = random;
        this.packets = packets;
    }

    @Override
    public Prf prf(HashAlgorithm hash) {
        return new HmacPrf(hash);
    }

    @Override
    public byte[] digest(HashAlgorithm hash, byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance(hash.digestName());
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks " + hash, e);
        }
    }

    @Override
    public Aead aead(AeadAlgorithm algorithm, SecretBytes key) {
        return new JdkAead(algorithm, key);
    }

    @Override
    public Aead packetAead(AeadAlgorithm algorithm, SecretBytes key) {
        return packets.aead(algorithm, key);
    }

    @Override
    public KeyAgreement keyAgreement(KeyMethod method) {
        return method == KeyMethod.X25519 ? new X25519Agreement(random) : new JdkKeyAgreement(method, random);
    }

    @Override
    public KeyAgreement.Response respond(KeyMethod method, byte[] initiatorValue) throws MalformedException {
        if (method == KeyMethod.X25519) {
            KeyAgreement agreement = new X25519Agreement(random);
            return new KeyAgreement.Response(agreement.publicValue(), agreement.finish(initiatorValue));
        }
        return JdkKeyAgreement.respond(method, initiatorValue, random);
    }

    @Override
    public Signer signer() {
        return this;
    }

    @Override
    public byte[] sign(SignatureScheme scheme, PrivateKey key, byte[]... parts) {
        try {
            if (scheme == SignatureScheme.ED25519) {
                return Curve25519.sign(key, parts);
            }
            Signature signature = Signature.getInstance(scheme.jcaName());
            signature.initSign(key, random);
            for (byte[] part : parts) {
                signature.update(part);
            }
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot sign with " + scheme + " and this key", e);
        }
    }

    @Override
    public boolean verify(SignatureScheme scheme, PublicKey key, byte[] signature, byte[]... parts) {
        if (scheme == SignatureScheme.ED25519) {
            return Curve25519.verify(key, signature, parts);
        }
        if (!EcdsaEncoding.isCanonical(key, signature)) {
            return false;
        }
        try {
            Signature verifier = Signature.getInstance(scheme.jcaName());
            verifier.initVerify(key);
            for (byte[] part : parts) {
                verifier.update(part);
            }
            return verifier.verify(signature);
        } catch (InvalidKeyException | SignatureException _) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK lacks " + scheme, e);
        }
    }

    private record HmacPrf(HashAlgorithm hash) implements Prf {

        @Override
        public int length() {
            return hash.length();
        }

        @Override
        public byte[] apply(byte[] key, byte[]... parts) {
            try {
                Mac mac = Mac.getInstance(hash.macName());
                // HMAC pads short keys with zeros, so one zero byte is the empty key that SecretKeySpec refuses.
                mac.init(new SecretKeySpec(key.length == 0 ? new byte[1] : key, hash.macName()));
                for (byte[] part : parts) {
                    mac.update(part);
                }
                return mac.doFinal();
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("this JDK lacks HMAC over " + hash, e);
            }
        }
    }
}
