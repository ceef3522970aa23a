// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.message.IkeHeader;

/** The first exchange of an attempt of ours: IKE_SA_INIT, or IKE_SESSION_RESUME with a ticket. */
sealed interface Opening permits InitRequest, ResumeRequest {

    /** The request as it is now; {@link Outcome.Again} changes it. */
    byte[] message();

    Outcome answer(IkeHeader header, byte[] response);

    /** What an answer leads to. */
    sealed interface Outcome {
        /** Send {@link #message} again, it has changed. */
        record Again() implements Outcome {}

        record Keys(Transcript transcript) implements Outcome {}

        /** The responder sends us elsewhere (RFC 5685 section 4). */
        record Elsewhere(Gateway to) implements Outcome {}

        /** Not authentic, so a hint at most: a better answer may still come. */
        record Refused(String reason) implements Outcome {}

        record Ignored() implements Outcome {}
    }
}
