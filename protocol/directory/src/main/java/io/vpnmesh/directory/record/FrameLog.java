// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.ClusterId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The signed frames that a relay hands to whoever subscribes later: per cluster the last snapshot and what came after
 * it. In memory only: a publisher sends a snapshot when it connects and again before {@link #MAX_TAIL} steps.
 */
public final class FrameLog {

    /** Beyond so many steps without a snapshot the log of a cluster starts anew, to bound memory. */
    public static final int MAX_TAIL = 1024;

    private final Map<ClusterId, List<Entry>> clusters = new TreeMap<>();

    private record Entry(long sequence, long previous, byte[] bytes) {}

    /** Keeps a frame that the store has just applied. */
    public void append(Frame frame, byte[] signed) {
        List<Entry> entries = clusters.computeIfAbsent(frame.cluster(), _ -> new ArrayList<>());
        if (frame.isSnapshot() || entries.size() > MAX_TAIL) {
            entries.clear();
        }
        if (entries.isEmpty() && !frame.isSnapshot()) {
            return; // steps without their snapshot help nobody
        }
        entries.add(new Entry(frame.sequence(), frame.previousSequence(), signed));
    }

    /** What a subscriber that holds {@code sequence} (0 for nothing) must get, in order. */
    public List<byte[]> since(ClusterId cluster, long sequence) {
        List<Entry> entries = clusters.getOrDefault(cluster, List.of());
        List<Entry> tail =
                entries.stream().filter(entry -> entry.sequence > sequence).toList();
        boolean fits =
                tail.isEmpty() || tail.getFirst().previous == sequence || tail.getFirst().previous == Frame.SNAPSHOT;
        return (fits ? tail : entries).stream().map(Entry::bytes).toList();
    }

    public Set<ClusterId> clusters() {
        return Set.copyOf(clusters.keySet());
    }

    public void drop(ClusterId cluster) {
        clusters.remove(cluster);
    }
}
