// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class IdleCollectorTest {

    private static final long LIVE = 4 << 20;

    private long moved;
    private long used = LIVE + IdleCollector.WORTH_BYTES;
    private int collections;

    private final IdleCollector collector = new IdleCollector(() -> moved, () -> used, () -> {
        collections++;
        used = LIVE;
    });

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            collector.look();
        }
    }

    @Test
    void collectsWhatTheStartLeftOnceThePodIsSilent() {
        look(1);
        assertEquals(0, collections, "nobody knows yet whether packets move");
        look(1);
        assertEquals(1, collections);
        look(10);
        assertEquals(1, collections, "there is nothing more to gain");
    }

    @Test
    void neverCollectsWhilePacketsMove() {
        for (int i = 0; i < 100; i++) {
            look(1);
            moved++;
        }
        assertEquals(0, collections);
        look(2);
        assertEquals(1, collections, "the first silent interval");
    }

    @Test
    void collectsAgainOnlyWhenItIsWorthIt() {
        look(2);
        used = LIVE + IdleCollector.WORTH_BYTES - 1;
        look(2);
        assertEquals(1, collections);
        used++;
        look(1);
        assertEquals(2, collections);
    }
}
