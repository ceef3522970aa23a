// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.stun;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/**
 * STUN messages as bytes.
 *
 * <p>Shape: {@code type 2 | length 2 | cookie 4 | transaction id 12 | { type 2 | length 2 | value | padding to 4 }}
 *
 * <p>Errors: {@link #decode} throws MalformedException for a wrong cookie, length or attribute frame, and for a
 * FINGERPRINT that is present and wrong.
 *
 * <p>Source: RFC 8489 sections 5, 14.6 (MESSAGE-INTEGRITY-SHA256), 14.7 (FINGERPRINT).
 */
public final class StunCodec {

    public static final int MAGIC_COOKIE = 0x2112_A442;
    public static final int HEADER_BYTES = 20;

    private static final int FINGERPRINT_XOR = 0x5354_554E;
    private static final int FINGERPRINT_BYTES = 8;
    private static final int INTEGRITY_BYTES = 32;

    private StunCodec() {}

    /** Is it STUN? Cheap and total, for a socket shared with ESP and IKE: two zero bits, cookie, exact length. */
    public static boolean looksLikeStun(byte[] bytes, int offset, int length) {
        if (length < HEADER_BYTES || (length & 3) != 0 || (bytes[offset] & 0xC0) != 0) {
            return false;
        }
        int cookie = (bytes[offset + 4] & 0xFF) << 24
                | (bytes[offset + 5] & 0xFF) << 16
                | (bytes[offset + 6] & 0xFF) << 8
                | bytes[offset + 7] & 0xFF;
        int declared = (bytes[offset + 2] & 0xFF) << 8 | bytes[offset + 3] & 0xFF;
        return cookie == MAGIC_COOKIE && declared == length - HEADER_BYTES;
    }

    /** With FINGERPRINT, without integrity. */
    public static byte[] encode(StunMessage message) {
        return withFingerprint(body(message));
    }

    /** With MESSAGE-INTEGRITY-SHA256 under {@code key} and FINGERPRINT. */
    public static byte[] encode(StunMessage message, SecretBytes key) {
        WireWriter writer = body(message);
        int attributeBytes = 4 + INTEGRITY_BYTES;
        writer.patchU16(2, writer.position() - HEADER_BYTES + attributeBytes);
        byte[] mac = HmacSha256.of(key.expose(), writer.toByteArray());
        writer.u16(StunAttribute.MESSAGE_INTEGRITY_SHA256).u16(INTEGRITY_BYTES).bytes(mac);
        return withFingerprint(writer);
    }

    /** Attributes behind the integrity attribute are not part of the message (RFC 8489 section 14.6). */
    public static StunMessage decode(byte[] bytes) throws MalformedException {
        if (!looksLikeStun(bytes, 0, bytes.length)) {
            throw new MalformedException(0, "STUN header", "wrong length, cookie or leading bits");
        }
        WireReader reader = new WireReader(bytes);
        int type = reader.u16("type");
        reader.skip(6, "length and cookie");
        TransactionId id = TransactionId.of(reader.bytes(TransactionId.LENGTH_BYTES, "transaction id"));
        List<StunAttribute> attributes = new ArrayList<>();
        boolean sealed = false;
        while (reader.remaining() > 0) {
            int at = reader.position();
            int attributeType = reader.u16("attribute type");
            int length = reader.u16("attribute length");
            byte[] value = reader.bytes(length, "attribute value");
            reader.skip(-length & 3, "attribute padding");
            switch (attributeType) {
                case StunAttribute.FINGERPRINT -> checkFingerprint(bytes, at, value, reader);
                case StunAttribute.MESSAGE_INTEGRITY, StunAttribute.MESSAGE_INTEGRITY_SHA256 -> sealed = true;
                default -> {
                    if (!sealed) {
                        attributes.add(new StunAttribute(attributeType, value));
                    }
                }
            }
        }
        return new StunMessage(type, id, attributes);
    }

    /**
     * Was this message sealed under that key? Compares in constant time; false without a full-length
     * MESSAGE-INTEGRITY-SHA256. The bytes must have passed {@link #decode}.
     */
    public static boolean isAuthentic(byte[] bytes, SecretBytes key) {
        int at = HEADER_BYTES;
        while (at + 4 <= bytes.length) {
            int type = (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
            int length = (bytes[at + 2] & 0xFF) << 8 | bytes[at + 3] & 0xFF;
            if (type == StunAttribute.MESSAGE_INTEGRITY_SHA256) {
                if (length != INTEGRITY_BYTES || at + 4 + length > bytes.length) {
                    return false;
                }
                byte[] covered = Arrays.copyOf(bytes, at);
                int declared = at + 4 + INTEGRITY_BYTES - HEADER_BYTES;
                covered[2] = (byte) (declared >>> 8);
                covered[3] = (byte) declared;
                byte[] mac = Arrays.copyOfRange(bytes, at + 4, at + 4 + INTEGRITY_BYTES);
                return MessageDigest.isEqual(HmacSha256.of(key.expose(), covered), mac);
            }
            at += 4 + (length + 3 & ~3);
        }
        return false;
    }

    /** Does the message end with a FINGERPRINT? {@link #decode} has checked its value. */
    public static boolean hasFingerprint(byte[] bytes) {
        int at = bytes.length - FINGERPRINT_BYTES;
        return at >= HEADER_BYTES
                && bytes[at] == (byte) (StunAttribute.FINGERPRINT >>> 8)
                && bytes[at + 1] == (byte) StunAttribute.FINGERPRINT
                && bytes[at + 2] == 0
                && bytes[at + 3] == 4;
    }

    private static WireWriter body(StunMessage message) {
        WireWriter writer = new WireWriter(160)
                .u16(message.type())
                .u16(0)
                .i32(MAGIC_COOKIE)
                .bytes(message.transactionId().bytes());
        for (StunAttribute attribute : message.attributes()) {
            int length = attribute.value().length;
            writer.u16(attribute.type()).u16(length).bytes(attribute.value()).zeros(-length & 3);
        }
        return writer;
    }

    private static byte[] withFingerprint(WireWriter writer) {
        writer.patchU16(2, writer.position() - HEADER_BYTES + FINGERPRINT_BYTES);
        byte[] covered = writer.toByteArray();
        return writer.u16(StunAttribute.FINGERPRINT)
                .u16(4)
                .i32(fingerprint(covered, covered.length))
                .toByteArray();
    }

    private static void checkFingerprint(byte[] bytes, int at, byte[] value, WireReader reader)
            throws MalformedException {
        reader.end("FINGERPRINT must be last");
        if (value.length != 4 || new WireReader(value).i32("FINGERPRINT") != fingerprint(bytes, at)) {
            throw new MalformedException(at, "FINGERPRINT", "does not match");
        }
    }

    private static int fingerprint(byte[] bytes, int length) {
        CRC32 crc = new CRC32();
        crc.update(bytes, 0, length);
        return (int) crc.getValue() ^ FINGERPRINT_XOR;
    }
}
