// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import io.vpnmesh.core.wire.MalformedException;

/** Every primitive that a protocol needs. Stateless and free of locks; what it hands out has one owner. */
public interface CryptoProvider {

    /** HMAC over the hash. */
    Prf prf(HashAlgorithm hash);

    byte[] digest(HashAlgorithm hash, byte[]... parts);

    /** Copies the key. Errors: IllegalArgumentException for a key of the wrong length. */
    Aead aead(AeadAlgorithm algorithm, SecretBytes key);

    /** As {@link #aead}, for very many packets under one key: whatever is fastest here. */
    default Aead packetAead(AeadAlgorithm algorithm, SecretBytes key) {
        return aead(algorithm, key);
    }

    /** Starts an agreement with a fresh key pair. */
    KeyAgreement keyAgreement(KeyMethod method);

    /** Answers an initiator's public value. Errors: as {@link KeyAgreement#finish}. */
    KeyAgreement.Response respond(KeyMethod method, byte[] initiatorValue) throws MalformedException;

    Signer signer();
}
