// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.relay.RelayEndpointsSource.RelayPod;
import java.util.List;
import java.util.Optional;

/** What a mesh's directory looks at, all from caches except for the keys. */
interface MeshSources {

    /** Whether every cache holds a complete first list: before that nothing may look as if it were gone. */
    boolean synced();

    Optional<VpnMesh> mesh();

    /** Errors: KubernetesClientException when they were never read and the API server is away. */
    Optional<MeshKeys> keys();

    LocalRecords local(MeshKeys keys);

    List<RelayPod> relays();

    List<VpnCluster> clusters();

    boolean isLeader();
}
