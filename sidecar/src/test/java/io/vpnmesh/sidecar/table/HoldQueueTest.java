// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.table;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HoldQueueTest {

    private final HoldQueue<String> queue = new HoldQueue<>(2, 3);

    private int hold(String owner, int number, int seconds) {
        return queue.hold(owner, new byte[] {0, (byte) number}, 1, 1, seconds);
    }

    @Test
    void releasesTheOwnersPacketsInOrderAndLeavesTheOthers() {
        hold("a", 1, 0);
        hold("b", 2, 0);
        hold("a", 3, 0);

        assertThat(queue.release("a")).containsExactly(new byte[] {1}, new byte[] {3});
        assertThat(queue.release("a")).isEmpty();
        assertThat(queue.size()).isOne();
    }

    @Test
    void theOldestOfTheSameOwnerGivesWay() {
        hold("a", 1, 0);
        hold("b", 9, 0);
        hold("a", 2, 0);
        queue.release("b");

        assertThat(hold("a", 3, 0)).isOne();
        assertThat(queue.release("a")).containsExactly(new byte[] {2}, new byte[] {3});
    }

    @Test
    void theOldestOfAllGivesWayWhenTheQueueIsFull() {
        hold("a", 1, 0);
        hold("b", 2, 0);
        hold("c", 3, 0);

        assertThat(hold("d", 4, 0)).isOne();
        assertThat(queue.release("a")).isEmpty();
        assertThat(queue.size()).isEqualTo(3);
    }

    @Test
    void whatHasWaitedTooLongIsForgottenAndCounted() {
        hold("a", 1, 10);
        hold("b", 2, 12);

        assertThat(queue.expire(14, 3)).isOne();
        assertThat(queue.release("b")).hasSize(1);
    }
}
