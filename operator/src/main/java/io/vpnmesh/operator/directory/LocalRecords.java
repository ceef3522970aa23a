// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RelayEndpoints;
import io.vpnmesh.operator.address.Allocations;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.model.PeerModel;
import io.vpnmesh.operator.relay.RelayEndpointsSource.RelayPod;
import io.vpnmesh.operator.relay.RelayNames;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * What this cluster says about its pods: who has enrolled, holds an address and runs. A pure function of what was
 * observed, the same on every replica.
 *
 * @param inside as this cluster's own pods see it: relays at their Service first
 * @param outside as other clusters see it
 */
record LocalRecords(List<PeerRecord> inside, List<PeerRecord> outside) {

    /**
     * @param pods by uid: sidecars' and relays' pods that the cache holds
     * @param relays by pod uid
     * @param homeRelays of a sidecar
     */
    static LocalRecords of(
            MeshKeys keys,
            List<Allocations.Held> allocations,
            Map<String, Pod> pods,
            Map<String, RelayPod> relays,
            Function<NodeId, List<NodeId>> homeRelays) {
        List<PeerRecord> inside = new ArrayList<>();
        List<PeerRecord> outside = new ArrayList<>();
        for (Allocations.Held held : allocations) {
            Pod pod = pods.get(held.holder().uid());
            if (!held.enrolled() || pod == null || PeerModel.finished(pod)) {
                continue;
            }
            boolean draining = pod.getMetadata().getDeletionTimestamp() != null;
            if (RelayNames.meshOf(pod).isEmpty()) {
                PeerRecord record = PeerRecord.sidecar(
                                identity(keys, held, pod, NodeRole.SIDECAR),
                                held.holder().name(),
                                limited(homeRelays.apply(NodeId.parse(held.nodeId()))))
                        .withDraining(draining);
                inside.add(record);
                outside.add(record);
            } else {
                // A relay that is being deleted is listed no more; its record stays until it is gone, as draining.
                RelayPod relay = relays.getOrDefault(held.holder().uid(), unlisted(held));
                NodeIdentity identity = identity(keys, held, pod, NodeRole.RELAY);
                inside.add(PeerRecord.relay(
                                identity,
                                held.holder().name(),
                                new RelayEndpoints(
                                        joined(relay.clusterUdp(), relay.udp()),
                                        joined(relay.clusterTls(), relay.tls())))
                        .withDraining(draining));
                outside.add(
                        PeerRecord.relay(identity, held.holder().name(), new RelayEndpoints(relay.udp(), relay.tls()))
                                .withDraining(draining));
            }
        }
        return new LocalRecords(List.copyOf(inside), List.copyOf(outside));
    }

    private static RelayPod unlisted(Allocations.Held held) {
        return new RelayPod(
                held.holder().name(), held.holder().uid(), false, List.of(), List.of(), List.of(), List.of());
    }

    private static NodeIdentity identity(MeshKeys keys, Allocations.Held held, Pod pod, NodeRole role) {
        String account = pod.getSpec().getServiceAccountName();
        return new NodeIdentity(
                keys.meshId(),
                keys.clusterId(),
                NodeId.parse(held.nodeId()),
                held.generation(),
                role,
                held.holder().namespace(),
                account == null || account.isEmpty() ? "default" : account,
                held.addresses());
    }

    private static List<NodeId> limited(List<NodeId> relays) {
        return relays.size() <= PeerRecord.MAX_HOME_RELAYS ? relays : relays.subList(0, PeerRecord.MAX_HOME_RELAYS);
    }

    private static List<Endpoint> joined(List<Endpoint> first, List<Endpoint> second) {
        Set<Endpoint> all = new LinkedHashSet<>(first);
        all.addAll(second);
        return List.copyOf(all);
    }
}
