// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.crypto;

/** Why a library is not used here; the message is for a person. */
public final class UnusableEngineException extends Exception {

    private static final long serialVersionUID = 1;

    UnusableEngineException(String message) {
        super(message);
    }
}
