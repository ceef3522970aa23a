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

    private static final long WORD = 0xFFFF_FFFFL;

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
        int position = offset;
        int end = offset + length;
        // Halves in 64 bits have no carry to look after, and four words at a time keep the adders busy.
        long high = 0;
        long low = 0;
        for (; end - position >= 32; position += 32) {
            long a = (long) LONGS.get(bytes, position);
            long b = (long) LONGS.get(bytes, position + 8);
            long c = (long) LONGS.get(bytes, position + 16);
            long d = (long) LONGS.get(bytes, position + 24);
            high += (a >>> 32) + (b >>> 32) + (c >>> 32) + (d >>> 32);
            low += (a & WORD) + (b & WORD) + (c & WORD) + (d & WORD);
        }
        long total = addCarry(sum, addCarry(high, low));
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
