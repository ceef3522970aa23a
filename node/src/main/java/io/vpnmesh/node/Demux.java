// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node;

/**
 * Tells what a datagram on the one UDP port is, from its length and first eight bytes. Total: every datagram has exactly
 * one kind. It is unambiguous because we hand out only SPIs with the top bit set.
 *
 * <p>Source: RFC 3948 sections 2.2 and 2.3, RFC 8489 section 5.
 */
public enum Demux {
    /** RFC 3948 section 2.3: refresh nothing, answer nothing. */
    KEEPALIVE,
    /** IKE behind the four zero bytes of the non-ESP marker. */
    IKE,
    /** STUN by length and cookie; the codec checks the fingerprint. */
    STUN,
    /** ESP; the SPI is the first word. */
    ESP,
    /** Too short, a reserved SPI, or a length that its own header contradicts. */
    GARBAGE;

    /** The non-ESP marker in front of IKE, zero bytes. */
    public static final int MARKER_BYTES = 4;

    /** What is shorter is a keepalive or nothing. */
    public static final int MIN_BYTES = 8;

    private static final int IKE_HEADER_BYTES = 28;
    private static final int STUN_HEADER_BYTES = 20;
    private static final int STUN_COOKIE = 0x2112A442;

    /** SPI and sequence number 8, IV 8, at least one padded word 4, ICV 16 (RFC 4303 section 2, RFC 4106). */
    private static final int MIN_ESP_BYTES = 8 + 8 + 4 + 16;

    /** SPIs 1 to 255 are reserved (RFC 4303 section 2.1). */
    private static final int FIRST_SPI = 256;

    private static final int KEEPALIVE_BYTE = 0xFF;

    /**
     * Units: {@code length} in bytes; the words in network order, and 0 where the datagram is shorter than they reach.
     *
     * @param firstByte 0 to 255
     */
    public static Demux classify(int length, int firstByte, int firstWord, int secondWord) {
        if (length < MIN_BYTES) {
            return length == 1 && firstByte == KEEPALIVE_BYTE ? KEEPALIVE : GARBAGE;
        }
        if (firstWord == 0) {
            return length >= MARKER_BYTES + IKE_HEADER_BYTES ? IKE : GARBAGE;
        }
        if (firstByte < 0x40
                && secondWord == STUN_COOKIE
                && (length & 3) == 0
                && (firstWord & 0xFFFF) == length - STUN_HEADER_BYTES) {
            return STUN;
        }
        if (Integer.compareUnsigned(firstWord, FIRST_SPI) < 0 || length < MIN_ESP_BYTES) {
            return GARBAGE;
        }
        return ESP;
    }

    /** As {@link #classify(int, int, int, int)} for a datagram in an array. */
    public static Demux classify(byte[] buffer, int offset, int length) {
        if (length < MIN_BYTES) {
            return classify(length, length > 0 ? buffer[offset] & 0xFF : 0, 0, 0);
        }
        return classify(length, buffer[offset] & 0xFF, word(buffer, offset), word(buffer, offset + 4));
    }

    private static int word(byte[] buffer, int at) {
        return buffer[at] << 24 | (buffer[at + 1] & 0xFF) << 16 | (buffer[at + 2] & 0xFF) << 8 | buffer[at + 3] & 0xFF;
    }
}
