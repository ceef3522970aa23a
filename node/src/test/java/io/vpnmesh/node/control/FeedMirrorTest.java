// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.node.TestAuthority;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FeedMirrorTest {

    private final TestAuthority authority = new TestAuthority();
    private final FeedMirror mirror = new FeedMirror();

    private FeedObject peer(int node, long generation) {
        return new FeedObject.PeerObject(authority.cluster, authority.peer(node, generation));
    }

    private static FeedEvent event(FeedEvent.Type type, FeedObject object, String version) {
        return new FeedEvent(type, object, version);
    }

    @Test
    void repeatedLineChangesNothing() {
        assertThat(mirror.apply(event(FeedEvent.Type.ADDED, peer(1, 1), "1"))).hasSize(1);
        assertThat(mirror.apply(event(FeedEvent.Type.ADDED, peer(1, 1), "2"))).isEmpty();
        assertThat(mirror.resourceVersion()).isEqualTo("2");
    }

    @Test
    void kindOfChangeIsWhatItMeansHere() {
        assertThat(mirror.apply(event(FeedEvent.Type.MODIFIED, peer(1, 1), "1")))
                .extracting(FeedEvent::type)
                .containsExactly(FeedEvent.Type.ADDED);
        assertThat(mirror.apply(event(FeedEvent.Type.ADDED, peer(1, 2), "2")))
                .extracting(FeedEvent::type)
                .containsExactly(FeedEvent.Type.MODIFIED);
    }

    @Test
    void newListRemovesWhatItDoesNotName() {
        mirror.apply(event(FeedEvent.Type.ADDED, peer(1, 1), "1"));
        mirror.apply(event(FeedEvent.Type.ADDED, peer(2, 1), "2"));
        mirror.beginList();
        assertThat(mirror.resourceVersion()).isEmpty();
        assertThat(mirror.apply(event(FeedEvent.Type.ADDED, peer(2, 1), "7"))).isEmpty();

        List<FeedEvent> changes = mirror.apply(FeedEvent.bookmark("8"));

        assertThat(changes).hasSize(2);
        assertThat(changes.getFirst().type()).isEqualTo(FeedEvent.Type.DELETED);
        assertThat(changes.getFirst().object()).isEqualTo(peer(1, 1));
        assertThat(changes.getLast().type()).isEqualTo(FeedEvent.Type.BOOKMARK);
    }

    @Test
    void bookmarkWithoutAListRemovesNothing() {
        mirror.apply(event(FeedEvent.Type.ADDED, peer(1, 1), "1"));

        assertThat(mirror.apply(FeedEvent.bookmark("2"))).hasSize(1);
    }

    @Test
    void deletionOfTheUnknownIsSilentAndOfTheKnownTellsWhatWas() {
        mirror.apply(event(FeedEvent.Type.ADDED, peer(1, 3), "1"));

        assertThat(mirror.apply(event(FeedEvent.Type.DELETED, peer(2, 1), "2"))).isEmpty();
        assertThat(mirror.apply(event(FeedEvent.Type.DELETED, peer(1, 1), "3")))
                .extracting(FeedEvent::object)
                .containsExactly(peer(1, 3));
    }

    @Test
    void commandsPassEachTimeAndAreNotKept() {
        FeedObject command = new FeedObject.CommandObject("c1", "ping", Map.of());

        assertThat(mirror.apply(event(FeedEvent.Type.ADDED, command, "1"))).hasSize(1);
        assertThat(mirror.apply(event(FeedEvent.Type.ADDED, command, "1"))).hasSize(1);
        assertThat(mirror.lines()).isEmpty();
    }

    @Test
    void keptLinesRebuildTheSameState() throws MalformedException {
        mirror.apply(event(FeedEvent.Type.ADDED, peer(1, 1), "1"));
        mirror.apply(event(FeedEvent.Type.ADDED, peer(2, 5), "2"));
        FeedMirror next = new FeedMirror();

        for (FeedEvent event : FeedMirror.events(mirror.lines())) {
            assertThat(next.apply(event)).hasSize(1);
        }

        assertThat(next.lines()).isEqualTo(mirror.lines());
    }

    @Test
    void brokenLineIsNamed() {
        assertThatThrownBy(() -> FeedMirror.events(List.of("# comment", "", "{\"type\":\"ADDED\"}")))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("line 3");
    }
}
