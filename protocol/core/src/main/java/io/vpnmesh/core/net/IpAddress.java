// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.net;

import java.nio.ByteBuffer;

/**
 * An IPv4 or IPv6 address as a value; never looks up names.
 *
 * @param family 4 or 6
 * @param high the upper 64 bits; 0 for IPv4
 * @param low the lower 64 bits; an IPv4 address stands in the lower 32
 */
public record IpAddress(int family, long high, long low) implements Comparable<IpAddress> {

    public static final IpAddress ANY_V4 = new IpAddress(4, 0, 0);

    public IpAddress {
        if (family != 4 && family != 6) {
            throw new IllegalArgumentException("family " + family);
        }
        if (family == 4 && (high != 0 || low >>> 32 != 0)) {
            throw new IllegalArgumentException("IPv4 address beyond 32 bits");
        }
    }

    public static IpAddress v4(int bits) {
        return new IpAddress(4, 0, bits & 0xFFFF_FFFFL);
    }

    /** Errors: IllegalArgumentException unless 4 or 16 bytes. */
    public static IpAddress of(byte[] bytes) {
        return switch (bytes.length) {
            case 4 -> v4(ByteBuffer.wrap(bytes).getInt());
            case 16 ->
                new IpAddress(
                        6,
                        ByteBuffer.wrap(bytes).getLong(),
                        ByteBuffer.wrap(bytes, 8, 8).getLong());
            default -> throw new IllegalArgumentException("an IP address has 4 or 16 bytes, not " + bytes.length);
        };
    }

    /** Parses a literal (RFC 4291 section 2.2 for IPv6); IllegalArgumentException for anything else, names included. */
    public static IpAddress parse(String text) {
        return text.indexOf(':') >= 0 ? Ipv6Text.parse(text) : parseV4(text);
    }

    private static IpAddress parseV4(String text) {
        String[] parts = text.split("\\.", -1);
        long bits = 0;
        for (String part : parts) {
            if (parts.length != 4
                    || part.isEmpty()
                    || part.length() > 3
                    || (part.length() > 1 && part.charAt(0) == '0')
                    || !part.chars().allMatch(c -> c >= '0' && c <= '9')
                    || Integer.parseInt(part) > 255) {
                throw new IllegalArgumentException("not an IP address: " + text);
            }
            bits = bits << 8 | Integer.parseInt(part);
        }
        return new IpAddress(4, 0, bits);
    }

    public boolean isV4() {
        return family == 4;
    }

    /** 32 or 128. */
    public int bitLength() {
        return family == 4 ? 32 : 128;
    }

    public byte[] bytes() {
        return family == 4
                ? ByteBuffer.allocate(4).putInt((int) low).array()
                : ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    }

    /** This address plus {@code offset}; wraps within 64 bits for IPv6. */
    public IpAddress plus(long offset) {
        return family == 4 ? v4((int) (low + offset)) : new IpAddress(6, high, low + offset);
    }

    public boolean isUnspecified() {
        return high == 0 && low == 0;
    }

    public boolean isLoopback() {
        return family == 4 ? low >>> 24 == 127 : high == 0 && low == 1;
    }

    public boolean isLinkLocal() {
        return family == 4 ? low >>> 16 == 0xA9FE : high >>> 54 == 0xFE80 >>> 6;
    }

    public boolean isMulticast() {
        return family == 4 ? low >>> 28 == 0xE : high >>> 56 == 0xFF;
    }

    @Override
    public int compareTo(IpAddress other) {
        if (family != other.family) {
            return Integer.compare(family, other.family);
        }
        int order = Long.compareUnsigned(high, other.high);
        return order != 0 ? order : Long.compareUnsigned(low, other.low);
    }

    @Override
    public String toString() {
        return family == 4
                ? (low >>> 24) + "." + (low >>> 16 & 255) + "." + (low >>> 8 & 255) + "." + (low & 255)
                : Ipv6Text.format(high, low);
    }
}
