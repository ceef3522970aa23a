// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.feed.InboundDefault;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.model.MeshDefaults;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** The feed of a mesh from what is known of it. Pure. */
final class FeedComposer {

    private FeedComposer() {}

    /**
     * @param remoteRecords of a cluster that is not revoked
     * @param name of a cluster, for people
     */
    static Map<String, FeedObject> compose(
            MeshKeys keys,
            VpnMesh mesh,
            Collection<PeerRecord> localRecords,
            Collection<RemoteClusters.Remote> remotes,
            Set<ClusterId> revoked,
            Function<ClusterId, Collection<PeerRecord>> remoteRecords,
            Function<ClusterId, String> name) {
        Map<String, FeedObject> objects = new LinkedHashMap<>();
        put(objects, mesh(keys, mesh));
        put(
                objects,
                new FeedObject.ClusterObject(
                        keys.clusterId(),
                        name.apply(keys.clusterId()),
                        keys.prefixes(),
                        Pem.encode(keys.intermediate()),
                        false));
        for (PeerRecord record : localRecords) {
            put(objects, new FeedObject.PeerObject(keys.clusterId(), record));
        }
        for (RemoteClusters.Remote remote : remotes) {
            boolean isRevoked = revoked.contains(remote.cluster());
            put(
                    objects,
                    new FeedObject.ClusterObject(
                            remote.cluster(),
                            name.apply(remote.cluster()),
                            remote.prefixes(),
                            Pem.encode(remote.intermediate()),
                            isRevoked));
            if (!isRevoked) {
                for (PeerRecord record : remoteRecords.apply(remote.cluster())) {
                    put(objects, new FeedObject.PeerObject(remote.cluster(), record));
                }
            }
        }
        return objects;
    }

    private static FeedObject mesh(MeshKeys keys, VpnMesh mesh) {
        Set<String> stunServers = new TreeSet<>(MeshDefaults.spec(mesh).stunServers());
        stunServers.addAll(keys.founder() ? List.of() : keys.terms().stunServers());
        InboundDefault inbound = switch (MeshDefaults.inbound(mesh)) {
            case DECLARED_PORTS -> InboundDefault.DECLARED_PORTS;
            case ALL -> InboundDefault.ALL;
            case NONE -> InboundDefault.NONE;
        };
        List<Cidr> range =
                List.of(keys.terms().plan().ipv4(), keys.terms().plan().ipv6());
        return new FeedObject.MeshObject(
                keys.meshId(),
                keys.mesh().toString(),
                keys.clusterId(),
                keys.terms().suiteName(),
                range,
                List.copyOf(stunServers),
                inbound,
                List.of(Pem.encode(keys.root())),
                // Pods of one cluster reach each other's host addresses; nothing is known about other clusters.
                keys.clusterId().toString());
    }

    private static void put(Map<String, FeedObject> objects, FeedObject object) {
        objects.put(object.key(), object);
    }
}
