// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.stun;

/**
 * One attribute as it stands in the message.
 *
 * @param value without padding; a view, not a copy
 */
public record StunAttribute(int type, byte[] value) {

    // RFC 8489 section 18.3, RFC 5780 section 7
    public static final int MAPPED_ADDRESS = 0x0001;
    public static final int USERNAME = 0x0006;
    public static final int MESSAGE_INTEGRITY = 0x0008;
    public static final int ERROR_CODE = 0x0009;
    public static final int UNKNOWN_ATTRIBUTES = 0x000A;
    public static final int NONCE = 0x0015;
    public static final int MESSAGE_INTEGRITY_SHA256 = 0x001C;
    public static final int XOR_MAPPED_ADDRESS = 0x0020;
    public static final int PADDING = 0x0026;
    public static final int SOFTWARE = 0x8022;
    public static final int FINGERPRINT = 0x8028;

    // Ours, comprehension-optional.
    public static final int PATH_CHECK = 0xC0F0;

    /** A receiver that does not know a comprehension-required attribute must refuse the message. */
    public boolean comprehensionRequired() {
        return type < 0x8000;
    }
}
