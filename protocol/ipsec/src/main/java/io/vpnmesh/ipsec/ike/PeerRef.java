// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;

/** How a peer is reached by IKE. */
public sealed interface PeerRef {

    /** Through a relay's signalling; the node id is stamped by the relay, so it is authentic as far as the relay is. */
    record Signalled(NodeId node) implements PeerRef {}

    /** By UDP. */
    record Direct(Endpoint remote) implements PeerRef {}
}
