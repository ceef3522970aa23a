// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.status;

import io.vpnmesh.operator.mesh.MeshRef;

/** What the exchange with other clusters looks like from here; the reconciler turns it into conditions and counts. */
public interface MeshDirectoryState {

    Facts facts(MeshRef mesh);

    /**
     * @param connected whether at least one relay takes our frames and hands us those of others
     * @param reason CamelCase, for the condition
     * @param message for people; with the fix when not connected
     * @param clusters members known, this one included
     */
    record Facts(boolean connected, String reason, String message, int clusters) {}
}
