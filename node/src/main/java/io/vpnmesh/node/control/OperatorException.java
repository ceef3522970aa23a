// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import java.io.IOException;

/** The operator answered, and said no. */
public final class OperatorException extends IOException {

    private final int code;
    private final String reason;

    /**
     * @param code HTTP status
     * @param reason CamelCase, from the operator; empty when the answer was not the operator's own
     */
    public OperatorException(int code, String reason, String message) {
        super("the operator answered " + code + (reason.isEmpty() ? "" : " " + reason) + ": " + message);
        this.code = code;
        this.reason = reason;
    }

    public int code() {
        return code;
    }

    public String reason() {
        return reason;
    }
}
