// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.operator.Leadership;
import io.vpnmesh.operator.address.Allocations;
import io.vpnmesh.operator.ca.MeshAuthority;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.relay.RelayEndpointsSource;
import io.vpnmesh.operator.relay.RelayEndpointsSource.RelayPod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One mesh's view of the informers' caches. */
record CacheSources(
        MeshRef ref,
        BooleanSupplier allSynced,
        MeshCaches caches,
        Allocations allocations,
        MeshAuthority authority,
        RelayEndpointsSource relayEndpoints,
        HomeRelays homeRelays,
        Leadership leadership,
        Supplier<List<VpnPeer>> peers,
        Supplier<List<VpnCluster>> allClusters)
        implements MeshSources {

    @Override
    public boolean synced() {
        return allSynced.getAsBoolean();
    }

    @Override
    public Optional<VpnMesh> mesh() {
        return caches.mesh(ref);
    }

    @Override
    public Optional<MeshKeys> keys() {
        return authority.keys(ref);
    }

    @Override
    public LocalRecords local(MeshKeys keys) {
        Map<String, Pod> pods = Stream.concat(caches.pods().stream(), caches.relayPods().stream())
                .collect(Collectors.toMap(pod -> pod.getMetadata().getUid(), pod -> pod, (one, _) -> one));
        Map<String, RelayPod> relays =
                relays().stream().collect(Collectors.toMap(RelayPod::podUid, relay -> relay, (one, _) -> one));
        Map<NodeId, List<NodeId>> written = written();
        return LocalRecords.of(
                keys,
                allocations.of(ref, keys.meshId().toString()),
                pods,
                relays,
                node -> homeRelays.of(node).orElseGet(() -> written.getOrDefault(node, List.of())));
    }

    @Override
    public List<RelayPod> relays() {
        return relayEndpoints.relays(ref);
    }

    @Override
    public List<VpnCluster> clusters() {
        return allClusters.get().stream()
                .filter(cluster -> ref.namespace().equals(cluster.getMetadata().getNamespace())
                        && ref.name().equals(cluster.getSpec().mesh()))
                .toList();
    }

    @Override
    public boolean isLeader() {
        return leadership.isLeader();
    }

    private Map<NodeId, List<NodeId>> written() {
        Map<NodeId, List<NodeId>> relays = new HashMap<>();
        for (VpnPeer peer : peers.get()) {
            if (peer.getStatus() != null
                    && peer.getStatus().nodeId() != null
                    && ref.namespace().equals(peer.getSpec().mesh().namespace())
                    && ref.name().equals(peer.getSpec().mesh().name())) {
                relays.put(
                        NodeId.parse(peer.getStatus().nodeId()),
                        peer.getStatus().homeRelays().stream()
                                .map(NodeId::parse)
                                .toList());
            }
        }
        return relays;
    }
}
