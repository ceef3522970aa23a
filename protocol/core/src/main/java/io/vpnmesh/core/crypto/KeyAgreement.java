// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import io.vpnmesh.core.wire.MalformedException;

/** The initiator's half of one key agreement: Diffie-Hellman or KEM alike. Fresh for each use. */
public interface KeyAgreement {

    KeyMethod method();

    /** What goes to the peer. */
    byte[] publicValue();

    /** Errors: MalformedException for a value of the wrong length, a point off the curve, or an all-zero secret. */
    SecretBytes finish(byte[] peerValue) throws MalformedException;

    /**
     * The responder's half: what goes back and the secret.
     *
     * @param publicValue what goes to the initiator
     */
    record Response(byte[] publicValue, SecretBytes secret) {}
}
