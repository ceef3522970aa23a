// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.crds.VpnAddressBlock;
import io.vpnmesh.crds.VpnAddressBlockSpec;
import io.vpnmesh.crds.VpnAddressBlockStatus;
import io.vpnmesh.crds.VpnAddressBlockStatus.Allocation;
import io.vpnmesh.crds.VpnAddressBlockStatus.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The address blocks of one cluster in one mesh, in memory. Operations change it and mark blocks as dirty; the
 * allocator writes those back, or drops the table and starts over when somebody else wrote first. Every operation is
 * idempotent, so starting over is safe. One owner at a time; no I/O, no clock.
 */
final class AddressTable {

    /** As long as tombstones live: until then a peer may still send to the old holder (wire.md 6). */
    static final Duration QUARANTINE = Duration.ofMinutes(5);

    /** The block's own address and the last one stay free: programs take them for network and broadcast. */
    private static final int FIRST_OFFSET = 1;

    private static final int LAST_OFFSET = 254;

    private final AddressSpace space;
    private final Map<Cidr, Block> blocks = new TreeMap<>();

    private static final class Block {
        final VpnAddressBlock stored;
        final Map<String, Allocation> allocations;
        boolean dirty;

        Block(VpnAddressBlock stored) {
            this.stored = stored;
            VpnAddressBlockStatus status = stored.getStatus();
            this.allocations = new TreeMap<>(status == null ? Map.of() : status.allocations());
        }
    }

    AddressTable(AddressSpace space, Collection<VpnAddressBlock> stored) {
        this.space = space;
        stored.forEach(this::put);
    }

    /** Takes a stored block in, new or newer; blocks of an earlier mesh under the same name are left alone. */
    void put(VpnAddressBlock stored) {
        VpnAddressBlockSpec spec = stored.getSpec();
        String ipv4 = spec.ipv4();
        if (ipv4 != null && space.meshId().toString().equals(spec.meshId())) {
            blocks.put(Cidr.parse(ipv4), new Block(stored));
        }
    }

    /** What the pod holds or gets; empty when every block is full: then {@link #nextBlock} names one to add. */
    Optional<AddressLease> hold(Holder holder, Instant now) {
        Optional<AddressLease> held = lookUp(holder.uid());
        if (held.isPresent()) {
            revive(holder.uid());
            return held;
        }
        for (Map.Entry<Cidr, Block> entry : blocks.entrySet()) {
            Block block = entry.getValue();
            if (!isOwn(entry.getKey())) {
                continue;
            }
            dropExpired(block, now);
            int offset = freeOffset(block, holder.uid());
            if (offset > 0) {
                Allocation allocation = new Allocation(
                        offset,
                        0,
                        space.nodeOf(holder.uid()).toString(),
                        State.HELD,
                        null,
                        holder.namespace(),
                        holder.name(),
                        null);
                set(block, holder.uid(), allocation);
                return Optional.of(lease(entry.getKey(), holder.uid(), allocation));
            }
        }
        return Optional.empty();
    }

    /** Records the key that a holder enrols with; another key than before raises the generation. */
    Optional<AddressLease> enrol(String uid, String keyHash) {
        for (Map.Entry<Cidr, Block> entry : blocks.entrySet()) {
            Allocation old = entry.getValue().allocations.get(uid);
            if (old == null) {
                continue;
            }
            Allocation current = keyHash.equals(old.keyHash()) && old.state() == State.HELD
                    ? old
                    : new Allocation(
                            old.offset(),
                            keyHash.equals(old.keyHash()) ? old.generation() : old.generation() + 1,
                            old.nodeId(),
                            State.HELD,
                            null,
                            old.podNamespace(),
                            old.podName(),
                            keyHash);
            if (!current.equals(old)) {
                set(entry.getValue(), uid, current);
            }
            return Optional.of(lease(entry.getKey(), uid, current));
        }
        return Optional.empty();
    }

    Optional<AddressLease> lookUp(String uid) {
        for (Map.Entry<Cidr, Block> entry : blocks.entrySet()) {
            Allocation allocation = entry.getValue().allocations.get(uid);
            if (allocation != null) {
                return Optional.of(lease(entry.getKey(), uid, allocation));
            }
        }
        return Optional.empty();
    }

    /** Puts the address of a pod that has gone into quarantine. */
    void release(String uid, Instant now) {
        for (Block block : blocks.values()) {
            Allocation old = block.allocations.get(uid);
            if (old != null && old.state() == State.HELD) {
                set(
                        block,
                        uid,
                        new Allocation(
                                old.offset(),
                                old.generation(),
                                old.nodeId(),
                                State.QUARANTINED,
                                now.toString(),
                                old.podNamespace(),
                                old.podName(),
                                old.keyHash()));
            }
        }
    }

    /** Releases what no living pod holds and forgets what has been in quarantine long enough. */
    void sweep(Predicate<Holder> alive, Instant now) {
        for (Holder holder : held()) {
            if (!alive.test(holder)) {
                release(holder.uid(), now);
            }
        }
        blocks.values().forEach(block -> dropExpired(block, now));
    }

    List<Holder> held() {
        List<Holder> holders = new ArrayList<>();
        blocks.values()
                .forEach(block -> block.allocations.forEach((uid, allocation) -> {
                    if (allocation.state() == State.HELD) {
                        holders.add(new Holder(uid, allocation.podNamespace(), allocation.podName()));
                    }
                }));
        return holders;
    }

    /** The next /24 of the cluster's prefixes that is no block yet; empty when the cluster is full. */
    Optional<Cidr> nextBlock() {
        return OverlayPlan.blocks(space.prefixes()).stream()
                .filter(candidate -> !blocks.containsKey(candidate))
                .findFirst();
    }

    /** Blocks that differ from what is stored, with their new status. */
    List<VpnAddressBlock> dirty() {
        List<VpnAddressBlock> dirty = new ArrayList<>();
        for (Block block : blocks.values()) {
            if (block.dirty) {
                VpnAddressBlock changed = new VpnAddressBlock();
                changed.setMetadata(block.stored.getMetadata());
                changed.setSpec(block.stored.getSpec());
                changed.setStatus(VpnAddressBlockStatus.of(block.allocations));
                dirty.add(changed);
            }
        }
        return dirty;
    }

    private boolean isOwn(Cidr block) {
        return space.prefixes().stream().anyMatch(prefix -> prefix.contains(block));
    }

    /** A pod that was taken for gone and asks again keeps its address. */
    private void revive(String uid) {
        for (Block block : blocks.values()) {
            Allocation old = block.allocations.get(uid);
            if (old != null && old.state() == State.QUARANTINED) {
                set(
                        block,
                        uid,
                        new Allocation(
                                old.offset(),
                                old.generation(),
                                old.nodeId(),
                                State.HELD,
                                null,
                                old.podNamespace(),
                                old.podName(),
                                old.keyHash()));
            }
        }
    }

    private static void dropExpired(Block block, Instant now) {
        boolean removed = block.allocations.values().removeIf(allocation -> {
            String releasedAt = allocation.releasedAt();
            return allocation.state() == State.QUARANTINED
                    && (releasedAt == null
                            || !now.isBefore(Instant.parse(releasedAt).plus(QUARANTINE)));
        });
        block.dirty |= removed;
    }

    /** Begins at a place that depends on the pod, so that an address is not reused right after its quarantine. */
    private static int freeOffset(Block block, String uid) {
        BitSet taken = new BitSet(LAST_OFFSET + 1);
        block.allocations.values().forEach(allocation -> taken.set(allocation.offset()));
        int count = LAST_OFFSET - FIRST_OFFSET + 1;
        int start = Math.floorMod(uid.hashCode(), count);
        for (int i = 0; i < count; i++) {
            int offset = FIRST_OFFSET + (start + i) % count;
            if (!taken.get(offset)) {
                return offset;
            }
        }
        return -1;
    }

    private static void set(Block block, String uid, Allocation allocation) {
        block.allocations.put(uid, allocation);
        block.dirty = true;
    }

    private AddressLease lease(Cidr block, String uid, Allocation allocation) {
        IpAddress ipv4 = block.address().plus(allocation.offset());
        return new AddressLease(
                new Holder(uid, allocation.podNamespace(), allocation.podName()),
                space.nodeOf(uid),
                List.of(ipv4, space.plan().ipv6Of(ipv4)),
                allocation.generation());
    }

    /** Offsets in use, for tests of the invariant that no address has two holders. */
    Set<IpAddress> addresses() {
        Set<IpAddress> addresses = new HashSet<>();
        blocks.forEach((cidr, block) -> block.allocations
                .values()
                .forEach(allocation -> addresses.add(cidr.address().plus(allocation.offset()))));
        return addresses;
    }
}
