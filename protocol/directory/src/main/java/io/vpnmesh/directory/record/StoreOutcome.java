// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.ClusterId;
import java.util.List;

/** What a store did with a frame. */
public sealed interface StoreOutcome {

    /** Taken; what it changed, possibly nothing. */
    record Applied(List<Change> changes) implements StoreOutcome {}

    /** Nothing newer than what is held: a double or a replay. */
    record Stale(long heldSequence) implements StoreOutcome {}

    /** A frame between is missing: ask for what came after {@code heldSequence}. */
    record Gap(long heldSequence) implements StoreOutcome {}

    /** One difference. */
    sealed interface Change {
        record Upserted(ClusterId cluster, PeerRecord record) implements Change {}

        record Removed(ClusterId cluster, PeerRecord record) implements Change {}
    }
}
