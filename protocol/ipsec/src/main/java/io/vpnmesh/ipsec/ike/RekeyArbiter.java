// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import java.util.Arrays;

/** Who wins when both sides rekey the same SA at the same time (RFC 7296 sections 2.8.1 and 2.8.2). Pure. */
final class RekeyArbiter {

    private RekeyArbiter() {}

    /** The nonces of one CREATE_CHILD_SA exchange. */
    record Nonces(byte[] initiator, byte[] responder) {

        private byte[] lowest() {
            return Arrays.compareUnsigned(initiator, responder) <= 0 ? initiator : responder;
        }
    }

    /**
     * True if the SA of {@code ours} is the redundant one: it was made with the lowest of the four nonces, and whoever
     * started that exchange closes it.
     */
    static boolean isRedundant(Nonces ours, Nonces theirs) {
        return Arrays.compareUnsigned(ours.lowest(), theirs.lowest()) < 0;
    }
}
