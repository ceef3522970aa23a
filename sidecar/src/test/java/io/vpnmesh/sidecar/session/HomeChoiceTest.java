// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HomeChoiceTest {

    private final Random random = new Random(3);
    private final NodeId self = node();
    private final List<NodeId> relays = Stream.generate(this::node).limit(5).toList();

    private NodeId node() {
        return new NodeId(random.nextLong(), random.nextLong());
    }

    @Test
    void twoHomesAndNoMore() {
        assertThat(HomeChoice.choose(self, relays, List.of(), Set.of())).hasSize(2);
        assertThat(HomeChoice.choose(self, relays.subList(0, 1), List.of(), Set.of()))
                .hasSize(1);
        assertThat(HomeChoice.choose(self, List.of(), List.of(), Set.of())).isEmpty();
    }

    @Test
    void whatWorksIsKept() {
        List<NodeId> homes = List.of(relays.get(3), relays.get(4));

        assertThat(HomeChoice.choose(self, relays, homes, Set.of())).containsExactlyInAnyOrderElementsOf(homes);
    }

    @Test
    void aSilentHomeGivesItsPlaceToAnother() {
        List<NodeId> homes = List.of(relays.get(3), relays.get(4));

        List<NodeId> next = HomeChoice.choose(self, relays, homes, Set.of(relays.get(3)));

        assertThat(next).hasSize(2).contains(relays.get(4)).doesNotContain(relays.get(3));
    }

    @Test
    void aSilentRelayIsBetterThanNone() {
        assertThat(HomeChoice.choose(self, relays.subList(0, 1), List.of(), new HashSet<>(relays)))
                .containsExactly(relays.getFirst());
    }

    @Test
    void nodesSpreadOverRelays() {
        Map<NodeId, Integer> clients = new HashMap<>();
        for (int i = 0; i < 1000; i++) {
            HomeChoice.choose(node(), relays, List.of(), Set.of())
                    .forEach(relay -> clients.merge(relay, 1, Integer::sum));
        }

        assertThat(clients.values())
                .hasSize(5)
                .allSatisfy(count -> assertThat(count).isBetween(300, 500));
    }
}
