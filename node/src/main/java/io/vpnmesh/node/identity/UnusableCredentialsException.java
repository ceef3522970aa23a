// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.identity;

/** Key, certificates and time do not fit together; the message says what does not. */
public final class UnusableCredentialsException extends Exception {

    public UnusableCredentialsException(String message) {
        super(message);
    }

    public UnusableCredentialsException(String message, Throwable cause) {
        super(message, cause);
    }
}
