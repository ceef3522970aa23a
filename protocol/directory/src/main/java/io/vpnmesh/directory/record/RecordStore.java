// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.directory.record.StoreOutcome.Change;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What is known of all clusters, merged from verified frames. Pure, with one owner thread; time comes in as the
 * process's nanoseconds. Give it nothing that {@link FrameCodec#verify} has not passed.
 */
public final class RecordStore {

    /** Quarantine of an address; a withdrawn node's older generations stay out for that long. */
    public static final long TOMBSTONE_NS = Duration.ofMinutes(5).toNanos();

    private final Map<ClusterId, Held> clusters = new TreeMap<>();
    private final Map<IpAddress, Owner> owners = new HashMap<>();

    private record Owner(ClusterId cluster, NodeId node) {}

    private record Tombstone(long generation, long untilNs) {}

    private static final class Held {
        private long sequence;
        private final Map<NodeId, PeerRecord> records = new TreeMap<>();
        private final Map<NodeId, Tombstone> tombstones = new HashMap<>();
    }

    /** Takes a verified frame, or says why it changes nothing. */
    public StoreOutcome accept(Frame frame, long nowNs) {
        Held held = clusters.computeIfAbsent(frame.cluster(), _ -> new Held());
        if (frame.sequence() <= held.sequence) {
            return new StoreOutcome.Stale(held.sequence);
        }
        if (!frame.isSnapshot() && frame.previousSequence() != held.sequence) {
            return new StoreOutcome.Gap(held.sequence);
        }
        List<Change> changes = new ArrayList<>();
        held.tombstones.values().removeIf(tombstone -> tombstone.untilNs <= nowNs);
        if (frame.isSnapshot()) {
            removeAbsent(frame, held, nowNs, changes);
        }
        for (Withdrawal withdrawal : frame.withdrawals()) {
            remove(frame.cluster(), held, withdrawal.node(), withdrawal.generation(), nowNs, changes);
        }
        for (PeerRecord peer : frame.records()) {
            upsert(frame.cluster(), held, peer, nowNs, changes);
        }
        held.sequence = frame.sequence();
        return new StoreOutcome.Applied(changes);
    }

    /** Forgets a cluster, for example a revoked one. Its sequence stays, so that old frames stay out. */
    public List<Change> drop(ClusterId cluster, long nowNs) {
        List<Change> changes = new ArrayList<>();
        Held held = clusters.get(cluster);
        if (held != null) {
            for (PeerRecord peer : List.copyOf(held.records.values())) {
                remove(cluster, held, peer.node(), peer.generation(), nowNs, changes);
            }
        }
        return changes;
    }

    /** Who owns an overlay address now. */
    public Optional<PeerRecord> owner(IpAddress address) {
        Owner owner = owners.get(address);
        return owner == null ? Optional.empty() : find(owner.cluster, owner.node);
    }

    public Optional<PeerRecord> find(ClusterId cluster, NodeId node) {
        Held held = clusters.get(cluster);
        return held == null ? Optional.empty() : Optional.ofNullable(held.records.get(node));
    }

    public Collection<PeerRecord> records(ClusterId cluster) {
        Held held = clusters.get(cluster);
        return held == null ? List.of() : List.copyOf(held.records.values());
    }

    public Set<ClusterId> clusters() {
        return Set.copyOf(clusters.keySet());
    }

    /** The last frame taken; 0 where none was. */
    public long sequence(ClusterId cluster) {
        Held held = clusters.get(cluster);
        return held == null ? 0 : held.sequence;
    }

    public RecordDigest digest(ClusterId cluster) {
        return RecordDigest.of(records(cluster));
    }

    private void removeAbsent(Frame frame, Held held, long nowNs, List<Change> changes) {
        Set<NodeId> present = new HashSet<>();
        frame.records().forEach(peer -> present.add(peer.node()));
        for (PeerRecord peer : List.copyOf(held.records.values())) {
            if (!present.contains(peer.node())) {
                remove(frame.cluster(), held, peer.node(), peer.generation(), nowNs, changes);
            }
        }
    }

    private void upsert(ClusterId cluster, Held held, PeerRecord peer, long nowNs, List<Change> changes) {
        Tombstone tombstone = held.tombstones.get(peer.node());
        PeerRecord before = held.records.get(peer.node());
        boolean outdated = (tombstone != null && peer.generation() < tombstone.generation)
                || (before != null && peer.generation() < before.generation());
        if (outdated || peer.equals(before) || ownedElsewhere(cluster, peer)) {
            return;
        }
        if (before != null) {
            before.addresses().forEach(owners::remove);
        }
        for (IpAddress address : peer.addresses()) {
            Owner previous = owners.get(address);
            if (previous != null && !previous.node.equals(peer.node())) {
                // The cluster is the authority on its addresses: its newer word moves one to another node.
                PeerRecord loser = held.records.get(previous.node);
                remove(cluster, held, previous.node, loser == null ? 0 : loser.generation(), nowNs, changes);
            }
            owners.put(address, new Owner(cluster, peer.node()));
        }
        held.tombstones.remove(peer.node());
        held.records.put(peer.node(), peer);
        changes.add(new Change.Upserted(cluster, peer));
    }

    /** Prefixes of clusters do not overlap; should two certificates say otherwise, the first owner stays. */
    private boolean ownedElsewhere(ClusterId cluster, PeerRecord peer) {
        return peer.addresses().stream().anyMatch(address -> {
            Owner owner = owners.get(address);
            return owner != null && !owner.cluster.equals(cluster);
        });
    }

    private void remove(ClusterId cluster, Held held, NodeId node, long generation, long nowNs, List<Change> changes) {
        PeerRecord before = held.records.get(node);
        if (before != null && before.generation() > generation) {
            return; // the withdrawal is about an older life of the node
        }
        held.tombstones.put(node, new Tombstone(generation, nowNs + TOMBSTONE_NS));
        if (before != null) {
            held.records.remove(node);
            before.addresses().forEach(owners::remove);
            changes.add(new Change.Removed(cluster, before));
        }
    }
}
