// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.net;

/**
 * An IP prefix with no bits set beyond its length.
 *
 * @param length 0 to 32, or to 128
 */
public record Cidr(IpAddress address, int length) implements Comparable<Cidr> {

    public Cidr {
        if (length < 0 || length > address.bitLength()) {
            throw new IllegalArgumentException("prefix length " + length + " of " + address);
        }
        if (!mask(address, length).equals(address)) {
            throw new IllegalArgumentException(address + "/" + length + " has bits set beyond the prefix; write "
                    + mask(address, length) + "/" + length);
        }
    }

    /** The single address as a prefix (/32 or /128). */
    public static Cidr host(IpAddress address) {
        return new Cidr(address, address.bitLength());
    }

    /** The prefix of this length that holds the address. */
    public static Cidr around(IpAddress address, int length) {
        return new Cidr(mask(address, length), length);
    }

    /** Parses {@code 198.18.0.0/16}; IllegalArgumentException says what is wrong. */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("not ADDRESS/LENGTH: " + text);
        }
        try {
            return new Cidr(IpAddress.parse(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not ADDRESS/LENGTH: " + text, e);
        }
    }

    public boolean contains(IpAddress other) {
        return other.family() == address.family() && mask(other, length).equals(address);
    }

    public boolean contains(Cidr other) {
        return other.length >= length && contains(other.address);
    }

    public boolean overlaps(Cidr other) {
        return contains(other) || other.contains(this);
    }

    /** The highest address of the prefix. */
    public IpAddress last() {
        if (address.isV4()) {
            return IpAddress.v4((int) (address.low() | (length == 32 ? 0 : 0xFFFF_FFFFL >>> length)));
        }
        long high = address.high() | (length >= 64 ? 0 : -1L >>> length);
        long low = address.low() | (length == 128 ? 0 : length <= 64 ? -1L : -1L >>> length - 64);
        return new IpAddress(6, high, low);
    }

    private static IpAddress mask(IpAddress address, int length) {
        if (address.isV4()) {
            return IpAddress.v4(length == 0 ? 0 : (int) (address.low() & 0xFFFF_FFFFL << 32 - length));
        }
        long high = length == 0 ? 0 : length >= 64 ? address.high() : address.high() & -1L << 64 - length;
        long low = length <= 64 ? 0 : address.low() & -1L << 128 - length;
        return new IpAddress(6, high, low);
    }

    @Override
    public int compareTo(Cidr other) {
        int order = address.compareTo(other.address);
        return order != 0 ? order : Integer.compare(length, other.length);
    }

    @Override
    public String toString() {
        return address + "/" + length;
    }
}
