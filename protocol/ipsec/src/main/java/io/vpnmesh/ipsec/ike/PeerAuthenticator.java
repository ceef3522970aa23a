// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.Prf;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.crypto.SignatureScheme;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Authentication;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.interfaces.ECKey;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/**
 * AUTH payloads with digital signatures both ways (RFC 7296 section 2.15, RFC 7427, RFC 8420, RFC 9242 section 3.3.2).
 */
final class PeerAuthenticator {

    /** A scheme as RFC 7427 names it: its AlgorithmIdentifier and the number of its hash. */
    private enum Method {
        ED25519(SignatureScheme.ED25519, 5, "300506032b6570"),
        ECDSA_SHA256(SignatureScheme.ECDSA_SHA256, 2, "300a06082a8648ce3d040302"),
        ECDSA_SHA384(SignatureScheme.ECDSA_SHA384, 3, "300a06082a8648ce3d040303"),
        ECDSA_SHA512(SignatureScheme.ECDSA_SHA512, 4, "300a06082a8648ce3d040304");

        private final SignatureScheme scheme;
        private final int hash;
        private final byte[] algorithmIdentifier;

        Method(SignatureScheme scheme, int hash, String algorithmIdentifier) {
            this.scheme = scheme;
            this.hash = hash;
            this.algorithmIdentifier = HexFormat.of().parseHex(algorithmIdentifier);
        }
    }

    private final CryptoProvider crypto;

    PeerAuthenticator(CryptoProvider crypto) {
        this.crypto = crypto;
    }

    /**
     * What one side signs: message | nonce of the other | prf(SK_p, ID body) | IntAuth.
     *
     * @param message that side's whole IKE_SA_INIT message
     * @param intermediate IntAuth; empty without IKE_INTERMEDIATE
     */
    record SignedOctets(byte[] message, byte[] peerNonce, byte[] macedId, byte[] intermediate) {

        static SignedOctets of(
                byte[] message, byte[] peerNonce, Prf prf, SecretBytes skP, Identification id, byte[] intermediate) {
            return new SignedOctets(message, peerNonce, prf.apply(skP.expose(), id.body()), intermediate);
        }

        private byte[][] parts() {
            return new byte[][] {message, peerNonce, macedId, intermediate};
        }
    }

    /** Empty when the peer accepts no hash that fits our key. */
    Optional<Authentication> sign(PrivateKey key, Set<Integer> peerHashes, SignedOctets octets) {
        return method(key, peerHashes).map(method -> {
            byte[] signature = crypto.signer().sign(method.scheme, key, octets.parts());
            WireWriter data = new WireWriter();
            data.u8(method.algorithmIdentifier.length)
                    .bytes(method.algorithmIdentifier)
                    .bytes(signature);
            return new Authentication(Authentication.DIGITAL_SIGNATURE, data.toByteArray());
        });
    }

    /**
     * AUTH of a resumed IKE SA: prf(SK_p, octets), with our own or the peer's SK_p of the new IKE SA. There is no key pad, unlike
     * with a shared secret (RFC 5723 section 4.3.3; the octets: RFC 7296 section 2.15).
     */
    static Authentication mac(Prf prf, SecretBytes skP, SignedOctets octets) {
        return new Authentication(Authentication.SHARED_KEY_MIC, prf.apply(skP.expose(), octets.parts()));
    }

    static boolean verifyMac(Prf prf, SecretBytes skP, Authentication auth, SignedOctets octets) {
        return auth.method() == Authentication.SHARED_KEY_MIC
                && MessageDigest.isEqual(auth.data(), mac(prf, skP, octets).data());
    }

    boolean verify(PublicKey key, IkePayload.Authentication auth, SignedOctets octets) {
        byte[] data = auth.data();
        if (auth.method() != Authentication.DIGITAL_SIGNATURE || data.length < 2) {
            return false;
        }
        int length = data[0] & 0xFF;
        if (data.length <= 1 + length) {
            return false;
        }
        byte[] identifier = Arrays.copyOfRange(data, 1, 1 + length);
        byte[] signature = Arrays.copyOfRange(data, 1 + length, data.length);
        for (Method method : Method.values()) {
            if (Arrays.equals(method.algorithmIdentifier, identifier)) {
                return crypto.signer().verify(method.scheme, key, signature, octets.parts());
            }
        }
        return false;
    }

    private static Optional<Method> method(PrivateKey key, Set<Integer> peerHashes) {
        boolean elliptic = key instanceof ECKey || key.getAlgorithm().equals("EC");
        for (Method method : Method.values()) {
            if ((method != Method.ED25519) == elliptic && peerHashes.contains(method.hash)) {
                return Optional.of(method);
            }
        }
        return Optional.empty();
    }
}
