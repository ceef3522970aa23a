// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.relay;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.operator.mesh.MeshRef;
import java.util.List;

/** Where this cluster's relays are reached; read from caches, on every replica. */
public interface RelayEndpointsSource {

    /** The mesh's relays in this cluster, ordered by replica. */
    List<RelayPod> relays(MeshRef mesh);

    /**
     * One relay pod.
     *
     * @param ready whether the pod is ready
     * @param udp as others reach it from outside, from the Service's status; empty until the provider gave an address
     * @param tls likewise
     * @param clusterUdp as pods of this cluster reach it (the Service's ClusterIP)
     * @param clusterTls likewise; also how the operator itself connects
     */
    record RelayPod(
            String podName,
            String podUid,
            boolean ready,
            List<Endpoint> udp,
            List<Endpoint> tls,
            List<Endpoint> clusterUdp,
            List<Endpoint> clusterTls) {}
}
