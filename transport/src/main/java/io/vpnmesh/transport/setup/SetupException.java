// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

import com.sun.jna.LastErrorException;

/** Set-up cannot go on; the message names what failed and, where there is one, the fix. */
public final class SetupException extends Exception {

    private static final long serialVersionUID = 1L;

    private final int errno;

    public SetupException(String message) {
        super(message);
        errno = 0;
    }

    SetupException(String what, int errno) {
        super(what + ": " + KernelCalls.describe(errno));
        this.errno = errno;
    }

    SetupException(String what, LastErrorException cause) {
        super(what + ": " + KernelCalls.describe(cause.getErrorCode()), cause);
        errno = cause.getErrorCode();
    }

    /** The kernel's error number, or 0. */
    public int errno() {
        return errno;
    }
}
