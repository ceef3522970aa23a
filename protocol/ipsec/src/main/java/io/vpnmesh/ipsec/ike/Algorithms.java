// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.ipsec.message.TransformType;
import java.util.Optional;

/** Transform numbers on the wire and the primitives behind them; what is not here we do not speak. */
final class Algorithms {

    private Algorithms() {}

    static Optional<KeyMethod> keyMethod(int transformId) {
        return switch (transformId) {
            case TransformType.KE_X25519 -> Optional.of(KeyMethod.X25519);
            case TransformType.KE_SECP256R1 -> Optional.of(KeyMethod.SECP256R1);
            case TransformType.KE_ML_KEM_768 -> Optional.of(KeyMethod.ML_KEM_768);
            default -> Optional.empty();
        };
    }

    static int transformId(KeyMethod method) {
        return switch (method) {
            case X25519 -> TransformType.KE_X25519;
            case SECP256R1 -> TransformType.KE_SECP256R1;
            case ML_KEM_768 -> TransformType.KE_ML_KEM_768;
        };
    }

    static Optional<HashAlgorithm> prf(int transformId) {
        return switch (transformId) {
            case TransformType.PRF_HMAC_SHA2_256 -> Optional.of(HashAlgorithm.SHA256);
            case TransformType.PRF_HMAC_SHA2_384 -> Optional.of(HashAlgorithm.SHA384);
            case TransformType.PRF_HMAC_SHA2_512 -> Optional.of(HashAlgorithm.SHA512);
            default -> Optional.empty();
        };
    }

    static Optional<AeadAlgorithm> aead(int transformId, int keyBits) {
        return switch (transformId) {
            case TransformType.ENCR_AES_GCM_16 ->
                keyBits == 256 ? Optional.of(AeadAlgorithm.AES_256_GCM) : Optional.empty();
            // RFC 7634 section 4: no key length attribute
            case TransformType.ENCR_CHACHA20_POLY1305 ->
                keyBits == 0 ? Optional.of(AeadAlgorithm.CHACHA20_POLY1305) : Optional.empty();
            default -> Optional.empty();
        };
    }
}
