// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.nat.observe.NatType;
import java.util.List;
import java.util.UUID;

/** Why a round of checks found nothing: the first thing that a person could change. Pure. */
final class RelayedReason {

    private RelayedReason() {}

    static Reason of(NatType natType, CandidateList remote, UUID network) {
        List<Candidate> targets = PathSet.usable(remote, network);
        return switch (natType) {
            case UDP_BLOCKED -> Reason.UDP_BLOCKED;
            case UNKNOWN -> Reason.NO_OUTSIDE_OBSERVER;
            case ADDRESS_DEPENDENT -> targets.isEmpty() ? Reason.PEER_HAS_NO_CANDIDATES : Reason.SYMMETRIC_NAT;
            case OPEN, ENDPOINT_INDEPENDENT -> {
                if (targets.isEmpty()) {
                    yield Reason.PEER_HAS_NO_CANDIDATES;
                }
                boolean dependent = targets.stream().anyMatch(one -> one.kind() == CandidateKind.DEPENDENT_REFLEXIVE);
                yield dependent ? Reason.SYMMETRIC_NAT : Reason.CHECKS_FAILED;
            }
        };
    }
}
