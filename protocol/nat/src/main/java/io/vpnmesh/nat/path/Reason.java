// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

/** Why a peer is reached the way it is; the text is that of a Kubernetes condition. */
public enum Reason {
    /** Direct: our own request was answered on this path. */
    PATH_CHECKED("PathChecked"),
    /** Relayed while the first round of checks has not ended. */
    CHECKING("Checking"),
    /** Relayed: nothing outside the cluster tells our address. Add spec.stunServers, or a relay in another cluster. */
    NO_OUTSIDE_OBSERVER("NoOutsideObserver"),
    /** Relayed: a NAT on the way maps by destination and the other side filters by port. */
    SYMMETRIC_NAT("SymmetricNat"),
    /** Relayed: both sides have usable addresses, yet no check was answered. */
    CHECKS_FAILED("ChecksFailed"),
    /** Relayed: the peer told no address that we could try. */
    PEER_HAS_NO_CANDIDATES("PeerHasNoCandidates"),
    /** Relayed: no observer answers UDP at all. */
    UDP_BLOCKED("UdpBlocked"),
    /** Relayed: a direct path has just died and the next round is not over. */
    PATH_LOST("PathLost"),
    /** No path at all. */
    NO_PATH("NoPath");

    private final String text;

    Reason(String text) {
        this.text = text;
    }

    public String text() {
        return text;
    }
}
