// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.ca.MeshKeys;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What only the leader writes to the API server for a mesh. Blocks; called from threads of its own. */
interface LeaderWork {

    /** Lets go of addresses whose pods have gone. */
    void releaseAddresses(MeshKeys keys);

    /** Makes the VpnCluster objects say what is known. */
    void showClusters(MeshKeys keys, VpnMesh mesh, List<ClusterView> clusters);

    /** One attempt to get into the mesh that the VpnMesh's token names; returns what came of it, for people. */
    Attempt join(VpnMesh mesh);

    /** Founder: answers a request that a relay handed on. */
    byte[] answerJoin(MeshKeys keys, VpnMesh mesh, byte[] request);

    /**
     * One cluster as the directory sees it.
     *
     * @param seenAt of its last frame
     */
    record ClusterView(
            ClusterId cluster,
            boolean local,
            boolean founder,
            List<String> prefixes,
            String trustAnchorPem,
            boolean connected,
            int peers,
            Optional<Instant> seenAt) {}

    /**
     * What came of an attempt to join.
     *
     * @param joined keys are there
     * @param reason CamelCase, for a condition
     */
    record Attempt(boolean joined, String reason, String message) {}
}
