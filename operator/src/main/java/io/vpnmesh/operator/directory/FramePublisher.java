// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.directory.record.Frame;
import io.vpnmesh.directory.record.FrameCodec;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RecordDigest;
import io.vpnmesh.directory.record.Signer;
import io.vpnmesh.directory.record.Withdrawal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Turns this cluster's records into signed frames. Sequences follow the clock in milliseconds, and always grow beyond what
 * any relay has seen, so that a new leader continues where the old one stopped without having talked to it. One owner
 * thread; no I/O.
 */
final class FramePublisher {

    /** Relays keep a snapshot and the steps after it; from so many steps on a new snapshot is cheaper. */
    private static final int MAX_STEPS = 512;

    private final ClusterId cluster;
    private final Signer signer;
    private final Map<NodeId, PeerRecord> published = new TreeMap<>();
    private long sequence;
    private int steps;
    private boolean begun;

    FramePublisher(ClusterId cluster, Signer signer) {
        this.cluster = cluster;
        this.signer = signer;
    }

    long sequence() {
        return sequence;
    }

    boolean hasBegun() {
        return begun;
    }

    byte[] digest() {
        return RecordDigest.of(published.values()).bytes();
    }

    /** A frame from the difference to what was published last; empty when there is none. */
    Optional<byte[]> update(Collection<PeerRecord> wanted, Instant now) {
        List<PeerRecord> changed = new ArrayList<>();
        Map<NodeId, PeerRecord> next = new TreeMap<>();
        for (PeerRecord peer : wanted) {
            next.put(peer.node(), peer);
            if (!peer.equals(published.get(peer.node()))) {
                changed.add(peer);
            }
        }
        List<Withdrawal> gone = published.values().stream()
                .filter(peer -> !next.containsKey(peer.node()))
                .map(peer -> new Withdrawal(peer.node(), peer.generation()))
                .toList();
        if (begun && changed.isEmpty() && gone.isEmpty()) {
            return Optional.empty();
        }
        published.clear();
        published.putAll(next);
        if (!begun || ++steps > MAX_STEPS) {
            return Optional.of(newSnapshot(now));
        }
        long previous = sequence;
        sequence = nextSequence(now);
        return Optional.of(FrameCodec.encode(new Frame(cluster, sequence, previous, now, changed, gone), signer));
    }

    /** Everything that was published, under the current sequence: for a relay that lacks something. */
    byte[] snapshot(Instant now) {
        return FrameCodec.encode(
                new Frame(cluster, sequence, Frame.SNAPSHOT, now, List.copyOf(published.values()), List.of()), signer);
    }

    /** Everything under a new sequence: for a relay that holds something else under this or a later one. */
    byte[] newSnapshot(Instant now) {
        begun = true;
        steps = 0;
        sequence = nextSequence(now);
        return snapshot(now);
    }

    /** Somebody holds frames of this cluster up to this sequence. Returns whether they are beyond our own. */
    boolean observe(long seen) {
        if (seen <= sequence) {
            return false;
        }
        sequence = seen;
        return true;
    }

    private long nextSequence(Instant now) {
        return Math.max(sequence + 1, now.toEpochMilli());
    }
}
