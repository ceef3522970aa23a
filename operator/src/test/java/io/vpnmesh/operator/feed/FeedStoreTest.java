// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.feed;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class FeedStoreTest {

    private static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

    private final FeedStore store = new FeedStore("e1");

    @Test
    void listIsEverythingAsAdded() throws MalformedException {
        store.replaceAll(objects(cluster(1, "a"), cluster(2, "b")), NOW);
        store.replaceAll(objects(cluster(1, "a2"), cluster(2, "b")), NOW);

        FeedStore.Batch list = store.read(0, true, 100);

        assertThat(list.caughtUp()).isTrue();
        assertThat(types(list)).containsExactly("ADDED b", "ADDED a2");
    }

    @Test
    void readerThatWasAwayGetsEachObjectOnce() throws MalformedException {
        store.replaceAll(objects(cluster(1, "a"), cluster(2, "b")), NOW);
        long at = store.read(0, true, 100).revision();

        store.replaceAll(objects(cluster(1, "a2"), cluster(2, "b"), cluster(3, "c")), NOW);
        store.replaceAll(objects(cluster(1, "a3"), cluster(3, "c")), NOW);

        assertThat(types(store.read(at, false, 100))).containsExactlyInAnyOrder("ADDED c", "MODIFIED a3", "DELETED b");
        assertThat(store.read(store.read(at, false, 100).revision(), false, 100).lines())
                .isEmpty();
    }

    @Test
    void sameObjectsChangeNothing() {
        store.replaceAll(objects(cluster(1, "a")), NOW);
        AtomicInteger woken = new AtomicInteger();
        store.onChange(woken::incrementAndGet);

        boolean changed = store.replaceAll(objects(cluster(1, "a")), NOW);

        assertThat(changed).isFalse();
        assertThat(woken).hasValue(0);
    }

    @Test
    void longListsComeInBatches() {
        Map<String, FeedObject> many = new HashMap<>();
        for (int i = 1; i <= 250; i++) {
            FeedObject object = cluster(i, "c" + i);
            many.put(object.key(), object);
        }
        store.replaceAll(many, NOW);

        FeedStore.Batch first = store.read(0, true, 100);
        FeedStore.Batch second = store.read(first.revision(), true, 100);
        FeedStore.Batch third = store.read(second.revision(), true, 100);

        assertThat(first.caughtUp()).isFalse();
        assertThat(third.caughtUp()).isTrue();
        assertThat(first.lines().size() + second.lines().size() + third.lines().size())
                .isEqualTo(250);
    }

    @Test
    void versionsOfAnotherReplicaAndOldOnesAreGone() {
        store.replaceAll(objects(cluster(1, "a"), cluster(2, "b")), NOW);
        String before = store.version(store.read(0, true, 100).revision());
        store.replaceAll(objects(cluster(1, "a")), NOW);
        String after = store.version(store.read(0, true, 100).revision());

        assertThat(store.resume("")).contains(0L);
        assertThat(store.resume("0")).contains(0L);
        assertThat(store.resume(before)).isPresent();
        assertThat(store.resume("e2-1")).isEmpty();
        assertThat(store.resume("e1-99")).isEmpty();
        assertThat(store.resume("e1-x")).isEmpty();
        assertThat(store.resume("nonsense")).isEmpty();

        store.replaceAll(
                objects(cluster(1, "a9")), NOW.plus(FeedStore.DELETIONS_KEPT).plus(Duration.ofSeconds(1)));

        assertThat(store.resume(before)).as("would miss the deletion").isEmpty();
        assertThat(store.resume(after)).isPresent();
    }

    @Test
    void deletedObjectsAreNotInTheListAndComeBackAsAdded() throws MalformedException {
        store.replaceAll(objects(cluster(1, "a"), cluster(2, "b")), NOW);
        store.replaceAll(objects(cluster(2, "b")), NOW);
        assertThat(types(store.read(0, true, 100))).containsExactly("ADDED b");
        long at = store.read(0, true, 100).revision();

        store.replaceAll(objects(cluster(1, "a"), cluster(2, "b")), NOW);

        assertThat(types(store.read(at, false, 100))).containsExactly("ADDED a");
    }

    @Test
    void readersHearWhenTheListBecomesComplete() {
        AtomicInteger woken = new AtomicInteger();
        store.onChange(woken::incrementAndGet);

        store.complete(true);
        store.complete(true);

        assertThat(woken).hasValue(1);
        assertThat(store.complete()).isTrue();
    }

    private static Map<String, FeedObject> objects(FeedObject... objects) {
        Map<String, FeedObject> map = new LinkedHashMap<>();
        for (FeedObject object : objects) {
            map.put(object.key(), object);
        }
        return map;
    }

    private static FeedObject cluster(int id, String name) {
        return new FeedObject.ClusterObject(new ClusterId(0, id), name, List.of(), "pem", false);
    }

    private static List<String> types(FeedStore.Batch batch) throws MalformedException {
        List<String> types = new ArrayList<>();
        for (String line : batch.lines()) {
            assertThat(line).endsWith("\n");
            FeedEvent event = FeedCodec.decode(line.strip());
            types.add(event.type() + " " + ((FeedObject.ClusterObject) event.object()).name());
        }
        return types;
    }
}
