// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

/**
 * Something that a node can do and an older one cannot. Open: a number that this software does not know is carried on.
 *
 * @param number 1 to 65535
 */
public record Capability(int number) implements Comparable<Capability> {

    /** The tunnel's outer packets may be IPv6. */
    public static final Capability OUTER_IPV6 = new Capability(1);
    /** Speaks RFC 9329 over TLS where UDP is blocked. */
    public static final Capability STREAM = new Capability(2);

    public Capability {
        if (number < 1 || number > 0xFFFF) {
            throw new IllegalArgumentException("capability " + number + " is not in 1..65535");
        }
    }

    @Override
    public int compareTo(Capability other) {
        return Integer.compare(number, other.number);
    }
}
