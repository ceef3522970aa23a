// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.node.identity.NodeCredentials;

/** Hears about the mesh. Called from threads of the link, so an implementation only passes on. */
public interface ControlListener {

    /** A change of what is known; every event is one, repeated lines do not arrive here. BOOKMARK = complete so far. */
    void onFeed(FeedEvent event);

    /** Whether the feed is live; while it is not, what is known stays valid as long as its certificates. */
    void onConnected(boolean connected);

    /** The certificate was renewed. */
    void onCredentials(NodeCredentials credentials);
}
