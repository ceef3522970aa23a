// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

/** Carries a refusal out of the steps of a verification. */
final class Refusal extends Exception {

    private static final long serialVersionUID = 1L;

    private final RefusalReason reason;

    Refusal(RefusalReason reason, String message) {
        super(message, null, false, false); // no stack trace: hostile chains must be cheap
        this.reason = reason;
    }

    Verdict.Refused verdict() {
        return new Verdict.Refused(reason, String.valueOf(getMessage()));
    }
}
