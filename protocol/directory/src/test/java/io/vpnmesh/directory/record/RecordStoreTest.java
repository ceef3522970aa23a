// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.directory.ExampleMesh;
import io.vpnmesh.directory.record.StoreOutcome.Applied;
import io.vpnmesh.directory.record.StoreOutcome.Change;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecordStoreTest {

    private final ExampleMesh example = new ExampleMesh();
    private final RecordStore store = new RecordStore();
    private final PeerRecord one = example.north.pod(1, "198.18.0.1");
    private final PeerRecord two = example.north.pod(2, "198.18.0.2");

    @Test
    void framesBuildOnEachOther() {
        assertThat(store.accept(frame(10, 0, List.of(one), List.of()), 0)).isEqualTo(applied(upserted(one)));
        assertThat(store.accept(frame(11, 10, List.of(two), List.of()), 0)).isEqualTo(applied(upserted(two)));

        assertThat(store.sequence(example.north.id)).isEqualTo(11);
        assertThat(store.owner(IpAddress.parse("198.18.0.2"))).contains(two);
    }

    @Test
    void replayedFrameChangesNothing() {
        Frame old = frame(10, 0, List.of(one), List.of());
        store.accept(old, 0);
        store.accept(frame(11, 10, List.of(), List.of(new Withdrawal(one.node(), 1))), 0);

        assertThat(store.accept(old, 0)).isEqualTo(new StoreOutcome.Stale(11));
        assertThat(store.owner(IpAddress.parse("198.18.0.1"))).isEmpty();
    }

    @Test
    void missingFrameIsNoticed() {
        store.accept(frame(10, 0, List.of(one), List.of()), 0);

        assertThat(store.accept(frame(12, 11, List.of(two), List.of()), 0)).isEqualTo(new StoreOutcome.Gap(10));
        assertThat(store.records(example.north.id)).containsExactly(one);
    }

    @Test
    void snapshotReplacesEverything() {
        store.accept(frame(10, 0, List.of(one), List.of()), 0);

        StoreOutcome outcome = store.accept(frame(20, 0, List.of(two), List.of()), 0);

        assertThat(outcome).isEqualTo(applied(removed(one), upserted(two)));
    }

    @Test
    void olderGenerationStaysOutWhileTheTombstoneStands() {
        PeerRecord newer = generation(one, 5);
        store.accept(frame(10, 0, List.of(newer), List.of()), 0);
        store.accept(frame(11, 10, List.of(), List.of(new Withdrawal(one.node(), 5))), 0);

        StoreOutcome early = store.accept(frame(12, 11, List.of(generation(one, 4)), List.of()), 1);
        StoreOutcome late =
                store.accept(frame(13, 12, List.of(generation(one, 4)), List.of()), RecordStore.TOMBSTONE_NS);

        assertThat(early).isEqualTo(applied());
        assertThat(late).isEqualTo(applied(upserted(generation(one, 4))));
    }

    @Test
    void lowerGenerationNeverReplacesAHigherOne() {
        store.accept(frame(10, 0, List.of(generation(one, 5)), List.of()), 0);

        assertThat(store.accept(frame(11, 10, List.of(generation(one, 4)), List.of()), 0))
                .isEqualTo(applied());
        assertThat(store.find(example.north.id, one.node())).contains(generation(one, 5));
    }

    @Test
    void withdrawalOfAnOlderLifeLeavesTheNewOne() {
        store.accept(frame(10, 0, List.of(generation(one, 5)), List.of()), 0);

        assertThat(store.accept(frame(11, 10, List.of(), List.of(new Withdrawal(one.node(), 4))), 0))
                .isEqualTo(applied());
    }

    @Test
    void addressMovesWithTheClustersNewerWord() {
        PeerRecord heir = example.north.pod(3, "198.18.0.1");
        store.accept(frame(10, 0, List.of(one), List.of()), 0);

        StoreOutcome outcome = store.accept(frame(11, 10, List.of(heir), List.of()), 0);

        assertThat(outcome).isEqualTo(applied(removed(one), upserted(heir)));
        assertThat(store.owner(IpAddress.parse("198.18.0.1"))).contains(heir);
    }

    @Test
    void anotherClusterCannotTakeAnAddress() {
        store.accept(frame(10, 0, List.of(one), List.of()), 0);
        PeerRecord thief = example.south.pod(7, "198.18.0.1");

        store.accept(new Frame(example.south.id, 1, 0, ExampleMesh.NOW, List.of(thief), List.of()), 0);

        assertThat(store.owner(IpAddress.parse("198.18.0.1"))).contains(one);
    }

    @Test
    void droppedClusterCannotComeBackByAnOldFrame() {
        Frame first = frame(10, 0, List.of(one), List.of());
        store.accept(first, 0);

        assertThat(store.drop(example.north.id, 0)).containsExactly(removed(one));
        assertThat(store.accept(first, 0)).isEqualTo(new StoreOutcome.Stale(10));
    }

    @Test
    void digestSaysWhetherTwoHoldTheSame() {
        RecordStore other = new RecordStore();
        store.accept(frame(10, 0, List.of(one, two), List.of()), 0);
        other.accept(frame(9, 0, List.of(two), List.of()), 0);
        other.accept(frame(10, 9, List.of(one), List.of()), 0);

        assertThat(other.digest(example.north.id)
                        .matches(store.digest(example.north.id).bytes()))
                .isTrue();
        other.accept(frame(11, 10, List.of(one.withDraining(true)), List.of()), 0);
        assertThat(other.digest(example.north.id)
                        .matches(store.digest(example.north.id).bytes()))
                .isFalse();
    }

    @Test
    void logHandsOutWhatASubscriberLacks() {
        FrameLog log = new FrameLog();
        byte[] snapshot = {1};
        byte[] second = {2};
        byte[] third = {3};
        log.append(frame(10, 0, List.of(one), List.of()), snapshot);
        log.append(frame(11, 10, List.of(two), List.of()), second);
        log.append(frame(12, 11, List.of(), List.of()), third);

        assertThat(log.since(example.north.id, 0)).containsExactly(snapshot, second, third);
        assertThat(log.since(example.north.id, 11)).containsExactly(third);
        assertThat(log.since(example.north.id, 12)).isEmpty();
        assertThat(log.since(example.north.id, 5)).containsExactly(snapshot, second, third);
        assertThat(log.since(example.south.id, 0)).isEmpty();
    }

    @Test
    void newSnapshotReplacesTheLog() {
        FrameLog log = new FrameLog();
        log.append(frame(10, 0, List.of(one), List.of()), new byte[] {1});
        log.append(frame(20, 0, List.of(two), List.of()), new byte[] {2});

        assertThat(log.since(example.north.id, 10)).containsExactly(new byte[] {2});
    }

    private Frame frame(long sequence, long previous, List<PeerRecord> records, List<Withdrawal> withdrawals) {
        return new Frame(example.north.id, sequence, previous, ExampleMesh.NOW, records, withdrawals);
    }

    private static PeerRecord generation(PeerRecord peer, long generation) {
        return new PeerRecord(
                peer.node(),
                generation,
                peer.role(),
                peer.addresses(),
                peer.identity(),
                peer.homeRelays(),
                peer.capabilities(),
                peer.draining(),
                peer.relay(),
                peer.name(),
                peer.unknown());
    }

    private static Applied applied(Change... changes) {
        return new Applied(List.of(changes));
    }

    private Change upserted(PeerRecord peer) {
        return new Change.Upserted(example.north.id, peer);
    }

    private Change removed(PeerRecord peer) {
        return new Change.Removed(example.north.id, peer);
    }
}
