// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.core.net.Endpoint;
import java.util.UUID;

/**
 * An address at which a node may be reached.
 *
 * @param priority unsigned 32 bits, higher is tried first
 * @param network names the cluster network of a host candidate; {@link #NO_NETWORK} for every other kind
 */
public record Candidate(CandidateKind kind, Endpoint endpoint, int priority, UUID network) {

    public static final UUID NO_NETWORK = new UUID(0, 0);

    public Candidate {
        if ((kind == CandidateKind.HOST) == network.equals(NO_NETWORK)) {
            throw new IllegalArgumentException("a network id belongs to host candidates, and only to them: " + kind);
        }
    }

    public static Candidate host(Endpoint endpoint, UUID network) {
        return new Candidate(CandidateKind.HOST, endpoint, defaultPriority(CandidateKind.HOST, endpoint), network);
    }

    /** Any kind but HOST. */
    public static Candidate of(CandidateKind kind, Endpoint endpoint) {
        return new Candidate(kind, endpoint, defaultPriority(kind, endpoint), NO_NETWORK);
    }

    /** RFC 8445 section 5.1.2: type preference in the top byte, then the family (IPv6 before IPv4). */
    private static int defaultPriority(CandidateKind kind, Endpoint endpoint) {
        int type = switch (kind) {
            case HOST -> 126;
            case STATIC -> 120;
            case PORT_MAPPED -> 115;
            case PEER_REFLEXIVE -> 110;
            case SERVER_REFLEXIVE -> 100;
            case DEPENDENT_REFLEXIVE -> 20;
        };
        return type << 24 | (endpoint.address().isV4() ? 0x7F_FFFF : 0xFF_FFFF);
    }
}
