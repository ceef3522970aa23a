// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.client;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.record.PeerRecord;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which generation of a node is the current one, as records say. A node that no record has named yet is not refused: its
 * certificate is the proof, and records may still be on their way. Written by the conductor, read by the verifier.
 */
public final class Membership {

    private final Map<NodeId, Long> current = new ConcurrentHashMap<>();
    /** Generation up to which a withdrawn node stays out. */
    private final Map<NodeId, Long> withdrawn = new ConcurrentHashMap<>();

    public void present(PeerRecord peer) {
        current.merge(peer.node(), peer.generation(), Math::max);
        withdrawn.remove(peer.node());
    }

    public void gone(PeerRecord peer) {
        current.remove(peer.node());
        withdrawn.merge(peer.node(), peer.generation(), Math::max);
    }

    /** Why this holder of a valid certificate is no client; empty if it may be one. */
    public Optional<String> refusal(NodeIdentity identity) {
        if (identity.role() != NodeRole.SIDECAR && identity.role() != NodeRole.RELAY) {
            return Optional.of("role " + identity.role() + " is no client of a relay");
        }
        Long newest = current.get(identity.node());
        if (newest != null && identity.generation() < newest) {
            return Optional.of("generation " + identity.generation() + " was replaced by " + newest);
        }
        Long last = withdrawn.get(identity.node());
        if (last != null && identity.generation() <= last) {
            return Optional.of("the node was withdrawn");
        }
        return Optional.empty();
    }
}
