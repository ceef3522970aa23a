// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import java.util.Optional;

/** Where a candidate address comes from (RFC 8445 section 5.1.1), with its number on the wire. */
public enum CandidateKind {
    /** An interface's address; meaningful only to peers on the same cluster network. */
    HOST(1),
    /** Seen by observers outside, the same for all of them. */
    SERVER_REFLEXIVE(2),
    /** Set by the operator: a host port, a load balancer in front of one pod. */
    STATIC(3),
    /** Asked of the gateway by PCP or NAT-PMP. */
    PORT_MAPPED(4),
    /** Seen by one observer only: the NAT maps by destination, the port is a guess, the address opens filters. */
    DEPENDENT_REFLEXIVE(5),
    /** The source of a valid check; holds for this pair only and never goes on the wire. */
    PEER_REFLEXIVE(0);

    private final int number;

    CandidateKind(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    static Optional<CandidateKind> of(int number) {
        for (CandidateKind kind : values()) {
            if (kind.number == number && kind != PEER_REFLEXIVE) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }
}
