// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

/** A Secret with keys does not hold what it must; the message names the Secret and the fix, never a key. */
public final class BrokenKeysException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public BrokenKeysException(String message) {
        super(message);
    }
}
