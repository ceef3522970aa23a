// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.node.identity.NodeCredentials;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the feed has told: the mesh, its clusters, its nodes. Conductor only; the verifier it makes is immutable. */
final class MeshKnowledge {

    private static final System.Logger LOG = System.getLogger(MeshKnowledge.class.getName());

    private final NodeId self;
    private final Map<ClusterId, FeedObject.ClusterObject> clusters = new LinkedHashMap<>();
    private final Map<NodeId, FeedObject.PeerObject> nodes = new LinkedHashMap<>();
    private NodeCredentials credentials;
    private FeedObject.@Nullable MeshObject mesh;
    private @Nullable CertificateVerifier verifier;

    MeshKnowledge(NodeCredentials credentials) {
        this.credentials = credentials;
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
        verifier = null;
    }

    /** Takes a change in; returns whether it was one that matters here. */
    boolean apply(FeedEvent event) {
        boolean gone = event.type() == FeedEvent.Type.DELETED;
        return switch (event.object()) {
            case FeedObject.MeshObject object -> {
                mesh = gone ? mesh : object;
                verifier = null;
                yield true;
            }
            case FeedObject.ClusterObject object -> {
                if (gone) {
                    clusters.remove(object.clusterId());
                } else {
                    clusters.put(object.clusterId(), object);
                }
                verifier = null;
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
        FeedObject.ClusterObject object = clusters.get(cluster);
        return object != null && object.revoked();
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
        CertificateVerifier known = verifier;
        if (known == null) {
            known = new CertificateVerifier(roots(), intermediates());
            verifier = known;
        }
        return known;
    }

    private Set<X509Certificate> roots() {
        Set<X509Certificate> roots = new LinkedHashSet<>(credentials.roots());
        FeedObject.MeshObject object = mesh;
        if (object != null) {
            object.rootsPem().forEach(pem -> addParsed(pem, roots));
        }
        return roots;
    }

    private List<X509Certificate> intermediates() {
        List<X509Certificate> intermediates = new ArrayList<>();
        if (!isRevoked(ownCluster())) {
            intermediates.add(credentials.intermediate());
        }
        for (FeedObject.ClusterObject cluster : clusters.values()) {
            if (!cluster.revoked() && !cluster.intermediatePem().isBlank()) {
                addParsed(cluster.intermediatePem(), intermediates);
            }
        }
        return intermediates;
    }

    private static void addParsed(String pem, Collection<X509Certificate> to) {
        try {
            to.addAll(Pem.certificates(pem));
        } catch (MalformedException e) {
            LOG.log(System.Logger.Level.WARNING, "event=feed-certificate-unusable reason=\"" + e.getMessage() + "\"");
        }
    }
}
