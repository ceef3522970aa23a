// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

/** Numbers of transforms (RFC 7296 section 3.3.2, RFC 9370) and protocols. */
public final class TransformType {

    public static final int ENCR = 1;
    public static final int PRF = 2;
    public static final int INTEG = 3;
    public static final int KE = 4;
    public static final int ESN = 5;
    /** First of seven additional key exchanges, 6 to 12. */
    public static final int ADDKE1 = 6;

    public static final int ADDKE7 = 12;

    public static final int ENCR_AES_GCM_16 = 20;
    public static final int ENCR_CHACHA20_POLY1305 = 28;
    public static final int PRF_HMAC_SHA2_256 = 5;
    public static final int PRF_HMAC_SHA2_384 = 6;
    public static final int PRF_HMAC_SHA2_512 = 7;
    public static final int KE_NONE = 0;
    public static final int KE_SECP256R1 = 19;
    public static final int KE_X25519 = 31;
    public static final int KE_ML_KEM_768 = 36;
    public static final int NO_ESN = 0;
    public static final int ESN_ON = 1;

    public static final int PROTOCOL_IKE = 1;
    public static final int PROTOCOL_AH = 2;
    public static final int PROTOCOL_ESP = 3;

    private TransformType() {}
}
