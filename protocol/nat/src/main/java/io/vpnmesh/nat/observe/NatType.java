// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.observe;

/** How the NATs on our way out map (RFC 4787 section 4.1), as far as observers outside can tell. */
public enum NatType {
    /** Fewer than two outside observers have answered. */
    UNKNOWN("Unknown"),
    /** The outside sees our own address and port. */
    OPEN("Open"),
    /** One outside address and port for all destinations: punchable. */
    ENDPOINT_INDEPENDENT("EndpointIndependent"),
    /** Another address or port for another destination ("symmetric"). */
    ADDRESS_DEPENDENT("AddressDependent"),
    /** Observers are known, and none ever answers. */
    UDP_BLOCKED("UdpBlocked");

    private final String text;

    NatType(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }
}
