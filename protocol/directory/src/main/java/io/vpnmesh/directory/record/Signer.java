// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.directory.cbor.Cbor;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.cbor.CoseSign1;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A key with its certificates.
 *
 * @param chain leaf first, without the root; an intermediate's own key has a chain of one
 */
public record Signer(PrivateKey key, List<X509Certificate> chain, SecureRandom random) {

    public Signer {
        chain = List.copyOf(chain);
    }

    byte[] sign(String contentType, CborMap payload) {
        return CoseSign1.sign(contentType, Cbor.encode(payload), key, chain, random)
                .encode();
    }
}
