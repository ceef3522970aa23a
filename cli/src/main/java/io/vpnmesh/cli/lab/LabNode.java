// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli.lab;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;

/** {@code nodes/NAME/peer.json}: the node's line of the feed. */
record LabNode(ClusterId cluster, PeerRecord record) {

    FeedObject.PeerObject object() {
        return new FeedObject.PeerObject(cluster, record);
    }

    String toJson() {
        return FeedCodec.encode(new FeedEvent(FeedEvent.Type.ADDED, object(), ""));
    }

    static LabNode parse(String text) throws MalformedException {
        if (FeedCodec.decode(text).object() instanceof FeedObject.PeerObject peer) {
            return new LabNode(peer.clusterId(), peer.record());
        }
        throw new MalformedException(0, "peer.json", "is not a Peer");
    }
}
