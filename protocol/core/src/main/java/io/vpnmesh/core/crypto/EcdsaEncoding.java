// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

/**
 * ECDSA-Sig-Value in DER: {@code SEQUENCE {INTEGER r, INTEGER s}}, both positive, every length in its one shortest form.
 * The JDK accepts more, so that one signature has many spellings; we take one.
 */
final class EcdsaEncoding {

    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;
    private static final int LONG_FORM = 0x80;
    private static final int NONE = -1;

    private EcdsaEncoding() {}

    static boolean isCanonical(byte[] signature) {
        int contents = afterHeader(signature, 0, SEQUENCE);
        if (contents == NONE || contents + contentLength(signature, 0) != signature.length) {
            return false;
        }
        int second = afterPositiveInteger(signature, contents);
        return second != NONE && afterPositiveInteger(signature, second) == signature.length;
    }

    /** Where the content of an element begins, or NONE for another tag, a length that is not the shortest or too long. */
    private static int afterHeader(byte[] der, int at, int tag) {
        if (at + 2 > der.length || (der[at] & 0xFF) != tag) {
            return NONE;
        }
        int first = der[at + 1] & 0xFF;
        boolean isLong = first == LONG_FORM + 1 && at + 3 <= der.length && (der[at + 2] & 0xFF) >= LONG_FORM;
        if (first >= LONG_FORM && !isLong) {
            return NONE;
        }
        int content = at + (isLong ? 3 : 2);
        return content + contentLength(der, at) <= der.length ? content : NONE;
    }

    private static int contentLength(byte[] der, int at) {
        int first = der[at + 1] & 0xFF;
        return first < LONG_FORM ? first : der[at + 2] & 0xFF;
    }

    private static int afterPositiveInteger(byte[] der, int at) {
        int value = afterHeader(der, at, INTEGER);
        int length = value == NONE ? 0 : contentLength(der, at);
        if (length == 0 || der[value] < 0) {
            return NONE;
        }
        boolean padded = length > 1 && der[value] == 0 && der[value + 1] >= 0;
        return padded ? NONE : value + length;
    }
}
