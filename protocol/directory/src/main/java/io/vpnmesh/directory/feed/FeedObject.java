// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.feed;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.record.PeerRecord;
import java.util.List;
import java.util.Map;

/** What a feed tells about. {@link #key()} says which earlier object a change or deletion means. */
public sealed interface FeedObject {

    /** Unique within a feed. */
    String key();

    /**
     * The mesh as this node must see it; one per feed.
     *
     * @param name namespace/name of the VpnMesh, for people
     * @param ownCluster the cluster that this node belongs to
     * @param prefixes the whole mesh's range
     * @param stunServers HOST:PORT, observers outside the cluster
     * @param rootsPem one certificate each
     * @param networkId 26 characters of base32: nodes that share it may reach each other's host addresses
     */
    record MeshObject(
            MeshId meshId,
            String name,
            ClusterId ownCluster,
            SuiteName suite,
            List<Cidr> prefixes,
            List<String> stunServers,
            InboundDefault inbound,
            List<String> rootsPem,
            String networkId)
            implements FeedObject {
        public MeshObject {
            prefixes = List.copyOf(prefixes);
            stunServers = List.copyOf(stunServers);
            rootsPem = List.copyOf(rootsPem);
        }

        @Override
        public String key() {
            return "mesh";
        }
    }

    /**
     * A member cluster.
     *
     * @param intermediatePem the full one
     * @param revoked everything of this cluster is refused
     */
    record ClusterObject(ClusterId clusterId, String name, List<Cidr> prefixes, String intermediatePem, boolean revoked)
            implements FeedObject {
        public ClusterObject {
            prefixes = List.copyOf(prefixes);
        }

        @Override
        public String key() {
            return "cluster/" + clusterId;
        }
    }

    /** A sidecar or, by its role, a relay. */
    record PeerObject(ClusterId clusterId, PeerRecord record) implements FeedObject {
        @Override
        public String key() {
            return "peer/" + record.node();
        }

        public String namespace() {
            return record.namespace();
        }

        public String name() {
            return record.name();
        }
    }

    /** A question of a person, answered with the next status report. */
    record CommandObject(String id, String verb, Map<String, String> args) implements FeedObject {
        public CommandObject {
            args = Map.copyOf(args);
        }

        @Override
        public String key() {
            return "command/" + id;
        }
    }

    /** Everything up to the event's resource version was sent. */
    record BookmarkObject() implements FeedObject {
        @Override
        public String key() {
            return "bookmark";
        }
    }

    /** Something that newer software says; to be skipped. */
    record UnknownObject(String kind) implements FeedObject {
        @Override
        public String key() {
            return "unknown/" + kind;
        }
    }
}
