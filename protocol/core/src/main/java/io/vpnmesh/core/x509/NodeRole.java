// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

/** What a certificate's holder may do in the mesh; carried in our own certificate extension. */
public enum NodeRole {
    /** A joined pod: owns its overlay addresses. */
    SIDECAR,
    /** Forwards and signals; owns its own overlay address and no pod's, and signs no frame. */
    RELAY,
    /** Speaks for its cluster on control connections. */
    OPERATOR,
    /** Signs the cluster's frames. */
    DIRECTORY;

    /** The number on the wire. */
    public int wire() {
        return switch (this) {
            case SIDECAR -> 0;
            case RELAY -> 1;
            case OPERATOR -> 2;
            case DIRECTORY -> 3;
        };
    }

    /** Errors: IllegalArgumentException for a number without a role. */
    public static NodeRole ofWire(long wire) {
        for (NodeRole role : values()) {
            if (role.wire() == wire) {
                return role;
            }
        }
        throw new IllegalArgumentException("no node role has the number " + wire);
    }

    /** True where a certificate of this role must carry at least one overlay address. */
    public boolean hasAddresses() {
        return this == SIDECAR || this == RELAY;
    }
}
