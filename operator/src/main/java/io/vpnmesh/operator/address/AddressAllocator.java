// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.crds.VpnAddressBlock;
import io.vpnmesh.crds.VpnAddressBlockSpec;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.mesh.MeshRef;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Hands overlay addresses out. Any number of replicas may do so at the same time: a block is written by compare-and-swap
 * on its resource version, and the loser reads again. Within a replica, requests that wait for each other are written
 * together, so 300 pods that start at once cost a few writes. Thread-safe; blocks the calling thread.
 */
@ApplicationScoped
public class AddressAllocator {

    /** Each lost race means that another replica got on; more in a row than there are replicas is a fault. */
    private static final int MAX_ATTEMPTS = 50;

    /** An answer that needs no write is not checked by compare-and-swap, so it must not come from an old table. */
    private static final Duration FRESH = Duration.ofSeconds(2);

    private final AddressBlocks store;
    private final InstantSource clock;
    private final Map<MeshRef, Desk> desks = new ConcurrentHashMap<>();

    /** What one mesh's requests share: the queue, who serves it, and the table as this replica last saw it. */
    private static final class Desk {
        final ReentrantLock lock = new ReentrantLock();
        final ConcurrentLinkedQueue<Request<?>> waiting = new ConcurrentLinkedQueue<>();

        @Nullable
        AddressTable table;

        @Nullable
        AddressSpace space;

        Instant readAt = Instant.EPOCH;
    }

    /** A change that can be applied again to a fresh table; an empty result asks for another block. */
    private static final class Request<T> {
        final Function<AddressTable, Optional<T>> change;

        @Nullable
        T result;

        @Nullable
        RuntimeException failure;

        volatile boolean done;

        Request(Function<AddressTable, Optional<T>> change) {
            this.change = change;
        }

        boolean apply(AddressTable table) {
            Optional<T> applied = change.apply(table);
            result = applied.orElse(null);
            return applied.isPresent();
        }
    }

    @Inject
    public AddressAllocator(AddressBlocks store) {
        this(store, InstantSource.system());
    }

    public AddressAllocator(AddressBlocks store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    /** The pod's addresses; the same ones each time. Errors: AddressesExhaustedException. */
    public AddressLease allocate(AddressSpace space, Holder holder) {
        Instant now = clock.instant();
        return run(space, table -> table.hold(holder, now));
    }

    /**
     * The pod's addresses and the generation of the key that it enrols with.
     *
     * @param keyHash SHA-256 of the public key, in hex
     */
    public AddressLease enrol(AddressSpace space, Holder holder, String keyHash) {
        Instant now = clock.instant();
        return run(space, table -> table.hold(holder, now).flatMap(_ -> table.enrol(holder.uid(), keyHash)));
    }

    /** Puts the pods' addresses into quarantine; unknown ones are skipped. */
    public void release(AddressSpace space, Collection<String> podUids) {
        Instant now = clock.instant();
        run(space, table -> {
            podUids.forEach(uid -> table.release(uid, now));
            return Optional.of(podUids);
        });
    }

    /** Puts the addresses of pods that are not alive into quarantine, and frees those whose quarantine is over. */
    public void sweep(AddressSpace space, Predicate<Holder> alive) {
        Instant now = clock.instant();
        run(space, table -> {
            table.sweep(alive, now);
            return Optional.of(space);
        });
    }

    private <T> T run(AddressSpace space, Function<AddressTable, Optional<T>> change) {
        Desk desk = desks.computeIfAbsent(space.mesh(), _ -> new Desk());
        Request<T> request = new Request<>(change);
        desk.waiting.add(request);
        desk.lock.lock();
        try {
            if (!request.done) {
                serve(desk, space);
            }
        } finally {
            desk.lock.unlock();
        }
        if (request.failure != null) {
            throw request.failure;
        }
        T result = request.result;
        if (result == null) {
            throw new IllegalStateException("a served request has a result");
        }
        return result;
    }

    /** Serves everybody who waits, by whoever holds the lock. */
    private void serve(Desk desk, AddressSpace space) {
        List<Request<?>> batch = new ArrayList<>();
        for (Request<?> next = desk.waiting.poll(); next != null; next = desk.waiting.poll()) {
            batch.add(next);
        }
        RuntimeException failure = null;
        try {
            commit(desk, space, batch);
        } catch (RuntimeException e) {
            desk.table = null;
            failure = e;
        }
        for (Request<?> request : batch) {
            if (request.failure == null && failure != null) {
                request.failure = failure;
            }
            request.done = true;
        }
    }

    private void commit(Desk desk, AddressSpace space, List<Request<?>> batch) {
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            AddressTable table = desk.table;
            Instant now = clock.instant();
            if (table == null
                    || !space.equals(desk.space)
                    || desk.readAt.plus(FRESH).isBefore(now)) {
                table = new AddressTable(space, store.list(space.mesh()));
                desk.table = table;
                desk.space = space;
                desk.readAt = now;
            }
            if (applyAll(table, space, batch) && write(table)) {
                return;
            }
            desk.table = null;
        }
        throw new IllegalStateException(
                "address blocks of " + space.mesh() + " changed " + MAX_ATTEMPTS + " times in a row while writing");
    }

    /** False when a block has to be read again first. */
    private boolean applyAll(AddressTable table, AddressSpace space, List<Request<?>> batch) {
        for (Request<?> request : batch) {
            request.failure = null;
            while (!request.apply(table)) {
                Optional<Cidr> next = table.nextBlock();
                if (next.isEmpty()) {
                    request.failure = new AddressesExhaustedException(space);
                    break;
                }
                Optional<VpnAddressBlock> created = store.create(newBlock(space, next.get()));
                if (created.isEmpty()) {
                    return false;
                }
                table.put(created.get());
            }
        }
        return true;
    }

    private boolean write(AddressTable table) {
        for (VpnAddressBlock block : table.dirty()) {
            Optional<VpnAddressBlock> written = store.replaceStatus(block);
            if (written.isEmpty()) {
                return false;
            }
            table.put(written.get());
        }
        return true;
    }

    /** Has a part of the mesh id in it: blocks of an earlier mesh of the same name may still be there. */
    private static String blockName(AddressSpace space, Cidr ipv4) {
        return space.mesh().name() + "-" + space.meshId().toString().substring(0, 6) + "-"
                + ipv4.address().toString().replace('.', '-');
    }

    private static VpnAddressBlock newBlock(AddressSpace space, Cidr ipv4) {
        VpnAddressBlock block = new VpnAddressBlock();
        block.getMetadata().setNamespace(space.mesh().namespace());
        block.getMetadata().setName(blockName(space, ipv4));
        block.getMetadata().setLabels(Map.of(Marks.MANAGED_BY, Marks.OPERATOR));
        block.setSpec(new VpnAddressBlockSpec(
                space.mesh().name(),
                space.meshId().toString(),
                ipv4.toString(),
                space.plan().ipv6Of(ipv4).toString()));
        return block;
    }
}
