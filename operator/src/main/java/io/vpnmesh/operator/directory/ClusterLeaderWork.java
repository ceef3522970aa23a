// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.OperatorSettings;
import io.vpnmesh.operator.address.AddressAllocator;
import io.vpnmesh.operator.address.Allocations;
import io.vpnmesh.operator.address.Holder;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.ca.MeshTerms;
import io.vpnmesh.operator.join.JoinDesk;
import io.vpnmesh.operator.join.JoinService;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.model.MeshDefaults;
import io.vpnmesh.operator.model.PeerModel;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

/** The leader's writes, against the API server. */
@ApplicationScoped
class ClusterLeaderWork implements LeaderWork {

    private final MeshCaches caches;
    private final Allocations allocations;
    private final AddressAllocator allocator;
    private final ClusterObjects clusterObjects;
    private final JoinService joinService;
    private final JoinDesk joinDesk;
    private final OperatorSettings settings;

    ClusterLeaderWork(
            MeshCaches caches,
            Allocations allocations,
            AddressAllocator allocator,
            ClusterObjects clusterObjects,
            JoinService joinService,
            JoinDesk joinDesk,
            OperatorSettings settings) {
        this.caches = caches;
        this.allocations = allocations;
        this.allocator = allocator;
        this.clusterObjects = clusterObjects;
        this.joinService = joinService;
        this.joinDesk = joinDesk;
        this.settings = settings;
    }

    @Override
    public void releaseAddresses(MeshKeys keys) {
        List<Allocations.Held> held = allocations.of(keys.mesh(), keys.meshId().toString());
        List<String> gone = held.stream()
                .filter(one -> !one.quarantined() && !isAlive(one.holder()))
                .map(one -> one.holder().uid())
                .toList();
        if (!gone.isEmpty()) {
            allocator.release(keys.addressSpace(), gone);
        }
        if (held.stream().anyMatch(Allocations.Held::quarantined)) {
            allocator.sweep(keys.addressSpace(), _ -> true);
        }
    }

    @Override
    public void showClusters(MeshKeys keys, VpnMesh mesh, List<ClusterView> clusters) {
        clusterObjects.show(keys.mesh(), name(keys), clusters);
    }

    @Override
    public Attempt join(VpnMesh mesh) {
        JoinService.Result result = joinService.attempt(mesh);
        return new Attempt(result.joined(), result.reason(), result.message());
    }

    @Override
    public byte[] answerJoin(MeshKeys keys, VpnMesh mesh, byte[] request) {
        // The founder's present wishes, not those of the day when the keys were made.
        MeshTerms terms = MeshTerms.of(MeshDefaults.spec(mesh), keys.meshId());
        return joinDesk.answer(keys, terms, name(keys), request);
    }

    private String name(MeshKeys keys) {
        return settings.clusterName()
                .orElseGet(() -> "cluster-" + keys.clusterId().toString().substring(0, 6));
    }

    /** The cache answers for pods that it has; what it misses is asked live, because it only has marked pods. */
    private boolean isAlive(Holder holder) {
        return caches.pod(holder.namespace(), holder.name(), holder.uid())
                .filter(pod -> !PeerModel.finished(pod))
                .isPresent();
    }
}
