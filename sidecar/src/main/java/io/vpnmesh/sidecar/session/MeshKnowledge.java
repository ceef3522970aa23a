// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.node.control.TrustView;
import io.vpnmesh.node.identity.NodeCredentials;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the feed has told: the mesh, its clusters, its nodes. Conductor only; the verifier it makes is immutable. */
final class MeshKnowledge {

    private final NodeId self;
    private final Map<ClusterId, FeedObject.ClusterObject> clusters = new LinkedHashMap<>();
    private final Map<NodeId, FeedObject.PeerObject> nodes = new LinkedHashMap<>();
    private NodeCredentials credentials;
    private FeedObject.@Nullable MeshObject mesh;
    private TrustView trust;

    MeshKnowledge(NodeCredentials credentials) {
        this.credentials = credentials;
        trust = TrustView.of(credentials);
        self = credentials.identity().node();
    }

    NodeId self() {
        return self;
    }

    NodeCredentials credentials() {
        return credentials;
    }

    void renewed(NodeCredentials next) {
        credentials = next;
        trust = trust.with(next);
    }

    /** Takes a change in; returns whether it was one that matters here. */
    boolean apply(FeedEvent event) {
        trust = trust.with(event);
        boolean gone = event.type() == FeedEvent.Type.DELETED;
        return switch (event.object()) {
            case FeedObject.MeshObject object -> {
                mesh = gone ? mesh : object;
                yield true;
            }
            case FeedObject.ClusterObject object -> {
                if (gone) {
                    clusters.remove(object.clusterId());
                } else {
                    clusters.put(object.clusterId(), object);
                }
                yield true;
            }
            case FeedObject.PeerObject object -> {
                if (gone) {
                    nodes.remove(object.record().node());
                } else {
                    nodes.put(object.record().node(), object);
                }
                yield true;
            }
            case FeedObject.CommandObject _, FeedObject.BookmarkObject _, FeedObject.UnknownObject _ -> false;
        };
    }

    Optional<FeedObject.MeshObject> mesh() {
        return Optional.ofNullable(mesh);
    }

    /** Any node but ourselves, unless its cluster is revoked. */
    Optional<FeedObject.PeerObject> node(NodeId node) {
        return node.equals(self)
                ? Optional.empty()
                : Optional.ofNullable(nodes.get(node)).filter(object -> !isRevoked(object.clusterId()));
    }

    /** What the feed says about ourselves. */
    Optional<FeedObject.PeerObject> ourselves() {
        return Optional.ofNullable(nodes.get(self));
    }

    List<FeedObject.PeerObject> sidecars() {
        return withRole(NodeRole.SIDECAR);
    }

    List<FeedObject.PeerObject> relays() {
        return withRole(NodeRole.RELAY);
    }

    private List<FeedObject.PeerObject> withRole(NodeRole role) {
        return nodes.values().stream()
                .filter(object -> object.record().role() == role
                        && !object.record().node().equals(self)
                        && !isRevoked(object.clusterId()))
                .toList();
    }

    private boolean isRevoked(ClusterId cluster) {
        return trust.isRevoked(cluster);
    }

    String clusterName(ClusterId cluster) {
        FeedObject.ClusterObject object = clusters.get(cluster);
        return object == null || object.name().isEmpty() ? cluster.toString() : object.name();
    }

    ClusterId ownCluster() {
        return credentials.identity().cluster();
    }

    /** Judges chains of this mesh; may be used on another thread. */
    CertificateVerifier verifier() {
        return trust.verifier();
    }
}
