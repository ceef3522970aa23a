// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.id.NodeId;

/** What {@link RelayAttachments} tell. */
public sealed interface AttachmentEvent {

    /** An event of one relay; Leased and LeaseUnanswered stay inside. */
    record FromRelay(NodeId relay, RelayClientEvent event) implements AttachmentEvent {}

    /** SPIs can be taken from the pool where none could before. */
    record SpisReady() implements AttachmentEvent {}

    /** A home relay has given this SPI, which is in use, to somebody else: rekey its Child SA. */
    record SpiCollision(int spi) implements AttachmentEvent {}
}
