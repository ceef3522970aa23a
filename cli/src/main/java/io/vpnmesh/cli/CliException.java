// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

/** Something that the person at the terminal can act on; the message says how. */
public final class CliException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public CliException(String message) {
        super(message);
    }

    public CliException(String message, Throwable cause) {
        super(message, cause);
    }
}
