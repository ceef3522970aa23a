// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;

/** What {@link RelayAttachments} are told. */
public sealed interface AttachmentInput {

    /**
     * Attach to this relay, or to another endpoint of it.
     *
     * @param home whether peers are told to reach us there: then our SPIs are leased on it
     */
    record Attach(NodeId relay, Endpoint remote, boolean home) implements AttachmentInput {}

    record Detach(NodeId relay) implements AttachmentInput {}

    record ToRelay(NodeId relay, RelayClientInput input) implements AttachmentInput {}

    /** Any STUN response that belongs to a transaction of ours, or comes from a relay's endpoint. */
    record StunReceived(Endpoint local, Endpoint remote, byte[] message) implements AttachmentInput {}
}
