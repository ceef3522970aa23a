// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.NodeId;

/** Whose transaction a STUN response answers. */
sealed interface StunOwner {

    record Relays() implements StunOwner {}

    record Observer() implements StunOwner {}

    record Peer(NodeId node) implements StunOwner {}
}
