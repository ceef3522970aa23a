// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.run;

import org.jspecify.annotations.Nullable;

/// The lab could not be built or used; the message names what to do about it where something can be done.
public final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LabException(String message) {
        super(message);
    }

    public LabException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
