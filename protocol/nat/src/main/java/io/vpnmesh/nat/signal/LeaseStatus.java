// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

/** What a relay says to one SPI of a LEASE or RELEASE; the order is the number on the wire. */
public enum LeaseStatus {
    GRANTED,
    /** Another node holds this SPI: take another. */
    TAKEN,
    /** The relay has restarted and for a while grants only what a ticket proves: ask again. */
    TICKET_NEEDED,
    /** The client holds as many leases as it may. */
    TOO_MANY,
    /** Not an SPI that may be leased (top bit clear). */
    NOT_LEASABLE,
    /** The relay is leaving: use another. */
    DRAINING,
    RELEASED,
    /** A status that this version does not know; treated as a refusal. */
    UNKNOWN;

    private static final LeaseStatus[] VALUES = values();

    static LeaseStatus of(int number) {
        return number < VALUES.length ? VALUES[number] : UNKNOWN;
    }
}
