// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.operator.ca.ManualClock;
import io.vpnmesh.operator.mesh.MeshRef;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class AddressAllocatorTest {

    private static final MeshId MESH = new MeshId(0x1234_5678_9ABC_DEF0L, 2);

    private final MemoryBlocks blocks = new MemoryBlocks();
    private final ManualClock clock = new ManualClock(Instant.parse("2026-03-01T00:00:00Z"));
    private final AddressAllocator allocator = new AddressAllocator(blocks, clock);

    @Test
    void samePodGetsTheSameAddressAgain() {
        AddressSpace space = space("198.18.16.0/20");

        AddressLease first = allocator.allocate(space, pod("a"));
        AddressLease other = allocator.allocate(space, pod("b"));
        AddressLease again = new AddressAllocator(blocks, clock).allocate(space, pod("a"));

        assertThat(again).isEqualTo(first);
        assertThat(other.addresses()).doesNotContainAnyElementsOf(first.addresses());
        assertThat(Cidr.parse("198.18.16.0/24").contains(first.addresses().getFirst()))
                .isTrue();
        assertThat(first.generation()).isZero();
    }

    @Test
    void bothFamiliesHaveTheSameOffset() {
        AddressSpace space = space("198.18.16.0/20");

        AddressLease lease = allocator.allocate(space, pod("a"));

        IpAddress ipv4 = lease.addresses().get(0);
        IpAddress ipv6 = lease.addresses().get(1);
        assertThat(ipv6.low())
                .isEqualTo(ipv4.low() - IpAddress.parse("198.18.0.0").low());
        assertThat(space.plan().ipv6Of(Cidr.parse("198.18.16.0/20")).contains(ipv6))
                .isTrue();
    }

    @Test
    void newKeyRaisesTheGenerationAndTheOldOneDoesNot() {
        AddressSpace space = space("198.18.16.0/20");

        assertThat(allocator.enrol(space, pod("a"), "k1").generation()).isEqualTo(1);
        assertThat(allocator.enrol(space, pod("a"), "k1").generation()).isEqualTo(1);
        assertThat(allocator.enrol(space, pod("a"), "k2").generation()).isEqualTo(2);
        assertThat(allocator.allocate(space, pod("a")).generation()).isEqualTo(2);
    }

    @Test
    void releasedAddressRestsForFiveMinutes() {
        AddressSpace space = space("198.18.16.0/24");
        for (int i = 0; i < 254; i++) {
            allocator.allocate(space, pod("p" + i));
        }
        AddressLease gone = allocator.allocate(space, pod("p7"));
        allocator.release(space, List.of("p7"));

        assertThatThrownBy(() -> allocator.allocate(space, pod("new")))
                .isInstanceOf(AddressesExhaustedException.class)
                .hasMessageContaining("clusterPrefixLength");
        clock.advance(Duration.ofMinutes(5));
        assertThat(allocator.allocate(space, pod("new")).addresses()).isEqualTo(gone.addresses());
    }

    @Test
    void podThatComesBackDuringQuarantineKeepsItsAddress() {
        AddressSpace space = space("198.18.16.0/20");
        AddressLease first = allocator.enrol(space, pod("a"), "k");
        allocator.release(space, List.of("a"));

        assertThat(allocator.allocate(space, pod("a"))).isEqualTo(first);
        clock.advance(Duration.ofHours(1));
        allocator.sweep(space, _ -> true);
        assertThat(allocator.allocate(space, pod("a"))).isEqualTo(first);
    }

    @Test
    void sweepReleasesWhatNoPodHolds() {
        AddressSpace space = space("198.18.16.0/20");
        AddressLease dead = allocator.allocate(space, pod("dead"));
        AddressLease alive = allocator.allocate(space, pod("alive"));

        allocator.sweep(space, holder -> holder.uid().equals("alive"));
        clock.advance(Duration.ofMinutes(6));
        allocator.sweep(space, holder -> holder.uid().equals("alive"));

        assertThat(Allocations.held(space.mesh(), MESH.toString(), blocks.list(space.mesh())))
                .extracting(held -> held.addresses().getFirst())
                .containsExactly(alive.addresses().getFirst())
                .doesNotContain(dead.addresses().getFirst());
    }

    @Test
    void blocksAreAddedAsNeededAndNoAddressIsGivenTwice() {
        AddressSpace space = space("198.18.16.0/22");
        Set<IpAddress> given = new HashSet<>();

        for (int i = 0; i < 4 * 254; i++) {
            assertThat(given.add(
                            allocator.allocate(space, pod("p" + i)).addresses().getFirst()))
                    .isTrue();
        }

        assertThat(blocks.size()).isEqualTo(4);
        assertThatThrownBy(() -> allocator.allocate(space, pod("one too many")))
                .isInstanceOf(AddressesExhaustedException.class);
        assertThat(allocator.allocate(space, pod("p3")).addresses().getFirst()).isIn(given);
    }

    @Test
    void replicasThatAllocateTogetherNeverCollide() throws InterruptedException, ExecutionException {
        AddressSpace space = space("198.18.16.0/20");
        List<AddressAllocator> replicas =
                List.of(allocator, new AddressAllocator(blocks, clock), new AddressAllocator(blocks, clock));
        CountDownLatch go = new CountDownLatch(1);
        List<Future<AddressLease>> leases = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 300; i++) {
                AddressAllocator replica = replicas.get(i % replicas.size());
                Holder holder = pod("p" + i);
                leases.add(threads.submit(() -> {
                    go.await();
                    return replica.enrol(space, holder, "k");
                }));
            }
            go.countDown();
        }

        Set<IpAddress> given = new HashSet<>();
        for (Future<AddressLease> lease : leases) {
            given.addAll(lease.get().addresses());
        }
        assertThat(given).hasSize(600);
        assertThat(blocks.writes()).isLessThan(300);
    }

    @Test
    void blocksOfAnEarlierMeshOfTheSameNameAreLeftAlone() {
        AddressSpace before = new AddressSpace(
                new MeshRef("net", "blue"),
                new MeshId(0x7777_7777_7777_7777L, 9),
                new ClusterId(3, 4),
                plan(),
                prefixes("198.18.16.0/20"));
        allocator.allocate(before, pod("old"));
        AddressSpace space = space("198.18.16.0/20");

        AddressLease lease = new AddressAllocator(blocks, clock).allocate(space, pod("a"));

        assertThat(lease.node()).isEqualTo(space.nodeOf("a"));
        assertThat(Allocations.held(space.mesh(), MESH.toString(), blocks.list(space.mesh())))
                .hasSize(1);
    }

    private static AddressSpace space(String prefix) {
        return new AddressSpace(new MeshRef("net", "blue"), MESH, new ClusterId(3, 4), plan(), prefixes(prefix));
    }

    private static List<Cidr> prefixes(String prefix) {
        return plan().both(Cidr.parse(prefix));
    }

    private static OverlayPlan plan() {
        return new OverlayPlan(OverlayPlan.DEFAULT_IPV4, OverlayPlan.uniqueLocal(MESH), 20);
    }

    private static Holder pod(String uid) {
        return new Holder(uid, "shop", "pod-" + uid);
    }
}
