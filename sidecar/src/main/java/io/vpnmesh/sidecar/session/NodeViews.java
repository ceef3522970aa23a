// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.directory.enrol.PeerStatus;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.path.Path;
import java.util.Optional;

/** Takes the snapshot. Conductor only. */
final class NodeViews {

    private static final double NS_PER_MS = 1e6;

    private NodeViews() {}

    static NodeView of(MeshKnowledge knowledge, RelayLinks relays, OutsideView outside, Peers peers) {
        NodeIdentity identity = knowledge.credentials().identity();
        return new NodeView(
                identity.node(),
                knowledge.mesh().map(FeedObject.MeshObject::name).orElse(""),
                identity.addresses(),
                outside.natType().text(),
                outside.reflexive(),
                relays.homesInUse(),
                relays.all().stream()
                        .map(link -> relay(knowledge, relays, link))
                        .toList(),
                peers.all().stream()
                        .filter(PeerSession::isUp)
                        .map(session -> peer(knowledge, relays, session))
                        .toList(),
                peers.known());
    }

    private static NodeView.RelayView relay(MeshKnowledge knowledge, RelayLinks relays, RelayLink link) {
        double rttMs = relays.machine()
                .client(link.relay)
                .map(client -> client.srttNs() / NS_PER_MS)
                .orElse(0.0);
        String name =
                knowledge.node(link.relay).map(FeedObject.PeerObject::name).orElse("");
        return new NodeView.RelayView(link.relay, name, link.endpoint(), link.home, link.forwards, rttMs);
    }

    private static NodeView.PeerView peer(MeshKnowledge knowledge, RelayLinks relays, PeerSession session) {
        Optional<FeedObject.PeerObject> object = knowledge.node(session.node());
        long received = 0;
        long sent = 0;
        for (ChildSa child : session.childSas()) {
            received += child.opener().bytes();
            sent += child.sealer().bytes();
        }
        return new NodeView.PeerView(
                status(session),
                object.map(peer -> knowledge.clusterName(peer.clusterId())).orElse(""),
                object.map(FeedObject.PeerObject::name).orElse(""),
                object.map(peer -> peer.record().addresses().getFirst().toString())
                        .orElse(""),
                session.path().map(path -> via(relays, path)).orElse(""),
                received,
                sent);
    }

    private static String via(RelayLinks relays, Path path) {
        return switch (path) {
            case Path.Direct direct -> direct.remote().toString();
            case Path.Relayed relayed ->
                relays.find(relayed.relay())
                        .map(RelayLink::endpoint)
                        .map(Endpoint::toString)
                        .orElse("");
        };
    }

    private static PeerStatus status(PeerSession session) {
        double rttMs = session.rttMs() > 0 ? session.rttMs() : -1;
        Optional<Path> path = session.isCarrying() ? session.path() : Optional.empty();
        if (path.isEmpty()) {
            return new PeerStatus(
                    session.node(), PeerStatus.Path.DOWN, session.reason().text(), -1, Optional.empty());
        }
        return switch (path.get()) {
            case Path.Direct _ -> new PeerStatus(session.node(), PeerStatus.Path.DIRECT, "", rttMs, Optional.empty());
            case Path.Relayed relayed ->
                new PeerStatus(
                        session.node(),
                        PeerStatus.Path.RELAYED,
                        session.reason().text(),
                        rttMs,
                        Optional.of(relayed.relay()));
        };
    }
}
