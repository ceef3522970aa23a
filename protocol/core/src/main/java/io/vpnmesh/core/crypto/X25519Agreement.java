// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import io.vpnmesh.core.wire.MalformedException;
import java.security.SecureRandom;

/** X25519 (RFC 7748): the private key is gone once it has been used. */
final class X25519Agreement implements KeyAgreement {

    private static final KeyMethod METHOD = KeyMethod.X25519;

    private final SecretBytes privateKey;
    private final byte[] publicValue;

    X25519Agreement(SecureRandom random) {
        privateKey = Curve25519.newPrivateKey(random);
        publicValue = Curve25519.publicValue(privateKey);
    }

    @Override
    public KeyMethod method() {
        return METHOD;
    }

    @Override
    public byte[] publicValue() {
        return publicValue.clone();
    }

    @Override
    public SecretBytes finish(byte[] peerValue) throws MalformedException {
        if (peerValue.length != METHOD.responderLength()) {
            throw new MalformedException(0, METHOD.name(), peerValue.length + " bytes");
        }
        byte[] secret = new byte[METHOD.responderLength()];
        if (!Curve25519.agree(privateKey, peerValue, secret)) {
            throw new MalformedException(0, METHOD.name(), "a point of small order");
        }
        privateKey.close();
        return SecretBytes.owning(secret);
    }
}
