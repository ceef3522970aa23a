// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.message.Payloads;

/** One request of ours within an established IKE SA, from the queue to its response. */
interface Exchange {

    /** The exchange type on the wire. */
    int type();

    /** The request, when its turn has come; once, unless it is repeatable. Empty payloads are a liveness check. */
    Payloads request();

    /** The response; {@code incoming.payloads()} may be empty if it was malformed. */
    void onResponse(IkeSa.Incoming incoming);

    /** Whether its reason has gone while it waited. */
    default boolean isStale() {
        return false;
    }

    /** Whether it may be asked again on another IKE SA when its own has ended without a response. */
    default boolean isRepeatable() {
        return false;
    }

    /**
     * Whether it does not wait for the peer to delete an IKE SA that has a successor: the peer may be trying to in vain, and
     * this shows it where we are, or us that it has gone. It must be repeatable.
     */
    default boolean isUrgent() {
        return false;
    }

    /** There will be no response: it was never sent, or the IKE SA has ended. */
    default void onAbandoned() {}
}
