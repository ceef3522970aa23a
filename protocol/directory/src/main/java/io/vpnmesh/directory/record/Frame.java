// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.ClusterId;
import java.time.Instant;
import java.util.List;

/**
 * One signed step of a cluster's directory: the cluster signs for its pods, one signature for many records.
 *
 * @param sequence grows; a new leader starts above all it has seen
 * @param previousSequence of the frame that this one builds on; {@link #SNAPSHOT} when it stands alone and holds all
 * @param time of signing, whole seconds
 */
public record Frame(
        ClusterId cluster,
        long sequence,
        long previousSequence,
        Instant time,
        List<PeerRecord> records,
        List<Withdrawal> withdrawals) {

    public static final long SNAPSHOT = 0;

    public Frame {
        records = List.copyOf(records);
        withdrawals = List.copyOf(withdrawals);
        if (previousSequence < 0 || sequence <= previousSequence) {
            throw new IllegalArgumentException("sequence " + sequence + " does not grow from " + previousSequence);
        }
    }

    public boolean isSnapshot() {
        return previousSequence == SNAPSHOT;
    }
}
