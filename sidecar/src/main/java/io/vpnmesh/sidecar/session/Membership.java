// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.ipsec.ike.PeerRef;
import java.util.HashSet;
import java.util.Optional;

/**
 * Whether the holder of a valid certificate is who owns its addresses at the moment: a certificate outlives a pod, the
 * directory does not.
 *
 * <p>Source: docs/wire.md, "Records and frames": accept an IKE SA for an overlay address only from its current node id
 * and generation.
 */
final class Membership {

    sealed interface Finding {}

    record Current() implements Finding {}

    /** It will not become a member by waiting. */
    record Stranger(String reason) implements Finding {}

    /** No record yet, or one that is behind the certificate: the feed may be on its way. */
    record Unknown(String reason) implements Finding {}

    private Membership() {}

    static Finding judge(MeshKnowledge knowledge, PeerRef from, NodeIdentity identity) {
        if (from instanceof PeerRef.Signalled signalled && !signalled.node().equals(identity.node())) {
            return new Stranger("the relay says it is " + signalled.node() + ", its certificate " + identity.node());
        }
        if (identity.node().equals(knowledge.self())) {
            return new Stranger("it carries our own node id");
        }
        if (identity.role() != NodeRole.SIDECAR && identity.role() != NodeRole.RELAY) {
            return new Stranger("role " + identity.role() + " has no tunnels");
        }
        Optional<PeerRecord> known = knowledge.node(identity.node()).map(FeedObject.PeerObject::record);
        if (known.isEmpty()) {
            return new Unknown("node " + identity.node() + " is not in the directory: withdrawn, or not told yet");
        }
        PeerRecord record = known.get();
        if (identity.generation() < record.generation()) {
            return new Stranger("generation " + identity.generation() + " of node " + identity.node()
                    + " was replaced by " + record.generation());
        }
        if (record.role() != identity.role() || !new HashSet<>(record.addresses()).containsAll(identity.addresses())) {
            return new Unknown("the directory gives node " + identity.node() + " " + record.addresses() + " as "
                    + record.role() + ", its certificate says " + identity.addresses() + " as " + identity.role());
        }
        return new Current();
    }
}
