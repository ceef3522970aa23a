// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.ipsec.message.Transform;
import io.vpnmesh.ipsec.message.TransformType;
import java.util.ArrayList;
import java.util.List;
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

    /** The transforms that name a suite, one of each type. */
    static List<Transform> transforms(IkeSuite suite) {
        List<Transform> transforms = new ArrayList<>();
        transforms.add(
                switch (suite.aead()) {
                    case AES_256_GCM -> new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 256);
                    case AES_128_GCM -> new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 128);
                    case CHACHA20_POLY1305 -> new Transform(TransformType.ENCR, TransformType.ENCR_CHACHA20_POLY1305);
                });
        transforms.add(new Transform(
                TransformType.PRF,
                switch (suite.prf()) {
                    case SHA256 -> TransformType.PRF_HMAC_SHA2_256;
                    case SHA384 -> TransformType.PRF_HMAC_SHA2_384;
                    case SHA512 -> TransformType.PRF_HMAC_SHA2_512;
                    case SHA1 -> throw new IllegalStateException("no suite of ours");
                }));
        transforms.add(new Transform(TransformType.KE, transformId(suite.keyMethod())));
        for (int i = 0; i < suite.additional().size(); i++) {
            transforms.add(new Transform(
                    TransformType.ADDKE1 + i, transformId(suite.additional().get(i))));
        }
        return transforms;
    }
}
