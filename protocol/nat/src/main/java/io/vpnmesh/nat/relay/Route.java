// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.net.Endpoint;

/** The answer to "where does this ESP packet go". */
public sealed interface Route {

    /**
     * To this tuple, not one byte added or removed.
     *
     * @param local the address of the relay that the receiver proved to reach, and which its NAT lets in
     */
    record Forward(Endpoint local, Endpoint target) implements Route {}

    /** Nowhere, or to the relay itself; the ordinal may index counters. */
    enum Verdict implements Route {
        /** One of the relay's own SAs. */
        LOCAL,
        /** Nobody leases this SPI. */
        UNKNOWN_SPI,
        /** The sender's tuple is no client's, or has not been checked lately. */
        UNKNOWN_SOURCE,
        /** The receiver is not attached, or its tuple has not been checked lately. */
        STALE_TARGET,
        /** The relay has more to do than it can, and the sender has had its share ({@link FairShare}). */
        OVER_SENDER_SHARE,
        /** The same of the receiver. */
        OVER_RECEIVER_SHARE
    }
}
