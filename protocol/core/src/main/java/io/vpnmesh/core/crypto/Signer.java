// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import java.security.PrivateKey;
import java.security.PublicKey;

/** Makes and checks signatures. */
public interface Signer {

    /** Errors: IllegalStateException when the key does not fit the scheme, a fault of configuration. */
    byte[] sign(SignatureScheme scheme, PrivateKey key, byte[]... parts);

    /** False for a wrong signature and for a key that does not fit the scheme. */
    boolean verify(SignatureScheme scheme, PublicKey key, byte[] signature, byte[]... parts);
}
