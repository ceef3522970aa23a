// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.net;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The Internet checksum (RFC 1071), eight bytes at a time with end-around carry. Sums are partial: start with 0 or with
 * {@link #pseudoHeader}, add ranges, then {@link #fold}.
 */
public final class Checksum {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Checksum() {}

    /** The final value for the header field: the one's complement of the folded sum. */
    public static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & 0xFFFF_FFFFL);
        while (folded >>> 16 != 0) {
            folded = (folded >>> 16) + (folded & 0xFFFF);
        }
        return (int) ~folded & 0xFFFF;
    }

    /** Adds a range that starts at an even offset of what is summed; an odd length counts as padded with zero. */
    public static long add(long sum, byte[] bytes, int offset, int length) {
        long total = sum;
        int position = offset;
        int end = offset + length;
        for (; end - position >= 8; position += 8) {
            total = addCarry(total, (long) LONGS.get(bytes, position));
        }
        long rest = 0;
        int shift = 56;
        for (; position < end; position++, shift -= 8) {
            rest |= (bytes[position] & 0xFFL) << shift;
        }
        return addCarry(total, rest);
    }

    /** The pseudo-header of TCP and UDP (RFC 9293 section 3.1, RFC 8200 section 8.1). */
    public static long pseudoHeader(IpAddress source, IpAddress destination, int protocol, int length) {
        long sum = addCarry(source.high(), source.low());
        sum = addCarry(sum, addCarry(destination.high(), destination.low()));
        return addCarry(sum, (long) protocol + length);
    }

    private static long addCarry(long a, long b) {
        long sum = a + b;
        return Long.compareUnsigned(sum, a) < 0 ? sum + 1 : sum;
    }
}
