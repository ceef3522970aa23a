// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.table;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HoldQueueTest {

    private final HoldQueue<String> queue = new HoldQueue<>(2, 3, 100);

    private int hold(String owner, int number, int seconds) {
        return queue.hold(owner, new byte[] {0, (byte) number}, 1, 1, 1, seconds);
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

    @Test
    void largeFramesMakeRoomByBytesAndEveryPacketInThemIsCounted() {
        queue.hold("a", new byte[60], 0, 60, 4, 0);
        hold("b", 1, 0);

        assertThat(queue.hold("c", new byte[90], 0, 90, 7, 0)).isEqualTo(4);
        assertThat(queue.hold("d", new byte[90], 0, 90, 1, 9)).isEqualTo(8);
        assertThat(queue.expire(20, 3)).isOne();
        assertThat(queue.size()).isZero();
    }
}
