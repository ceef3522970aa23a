// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import java.util.Locale;

/** Why a packet went no farther. Each has its own counter. */
public enum DropReason {
    /** From the pod: not an IP packet. */
    NOT_IP,
    /** From the pod: the kernel's offload header contradicts its packet. */
    BAD_OFFLOAD,
    /** From the pod: its source is none of our overlay addresses. */
    FOREIGN_SOURCE,
    /** From the pod: nobody in the mesh owns the destination. */
    NO_OWNER,
    /** From the pod: UDP to the probe or signalling port, which the overlay keeps for itself. */
    RESERVED_PORT,
    /** From the pod: waited for a tunnel, and newer packets came or the time was over. */
    HELD_TOO_LONG,
    /** From the pod: larger than the path carries; the pod was told. */
    TOO_BIG,
    /** From the pod: the SA has reached its limit or is closed. */
    SEAL_REFUSED,
    /** From the pod: the kernel did not take the datagram. */
    SEND_FAILED,
    /** From the network: neither ESP, IKE, STUN nor a keepalive. */
    GARBAGE,
    /** From the network: no SA has this SPI. */
    UNKNOWN_SPI,
    /** From the network: seen before, or older than the window. */
    REPLAYED,
    /** From the network: not authentic. */
    BAD_ICV,
    /** From the network: authentic, but outside the SA's selectors. */
    SELECTOR,
    /** From the network: a congestion mark on the way, for a sender that would not understand it (RFC 6040). */
    CONGESTION,
    /** From the network: malformed ESP or inner packet. */
    MALFORMED,
    /** From the network: the inbound policy does not let it in. */
    INBOUND_POLICY,
    /** From the network: the TUN did not take it. */
    TUN_REFUSED,
    /** From the network: the conductor's mailbox was full. */
    CONTROL_BUSY,
    /** Either way: a fault of ours while handling it; the log has the first. */
    INTERNAL_FAULT;

    /** For metrics labels. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
