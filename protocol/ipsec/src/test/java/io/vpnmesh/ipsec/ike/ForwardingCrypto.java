// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.crypto.Prf;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.crypto.Signer;
import io.vpnmesh.core.wire.MalformedException;

/** A provider of which a test replaces a part. */
class ForwardingCrypto implements CryptoProvider {

    private final CryptoProvider real;

    ForwardingCrypto(CryptoProvider real) {
        this.real = real;
    }

    @Override
    public Prf prf(HashAlgorithm hash) {
        return real.prf(hash);
    }

    @Override
    public byte[] digest(HashAlgorithm hash, byte[]... parts) {
        return real.digest(hash, parts);
    }

    @Override
    public Aead aead(AeadAlgorithm algorithm, SecretBytes key) {
        return real.aead(algorithm, key);
    }

    @Override
    public KeyAgreement keyAgreement(KeyMethod method) {
        return real.keyAgreement(method);
    }

    @Override
    public KeyAgreement.Response respond(KeyMethod method, byte[] initiatorValue) throws MalformedException {
        return real.respond(method, initiatorValue);
    }

    @Override
    public Signer signer() {
        return real.signer();
    }
}
