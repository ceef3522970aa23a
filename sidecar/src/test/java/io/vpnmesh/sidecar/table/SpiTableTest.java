// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SpiTableTest {

    @Test
    void behavesLikeAMapThroughAdditionsAndRemovals() {
        Random random = new Random(11);
        Map<Integer, String> model = new HashMap<>();
        SpiTable<String> table = new SpiTable<>();
        for (int i = 0; i < 600; i++) {
            int spi = 0x8000_0000 | random.nextInt(400);
            if (random.nextInt(3) == 0) {
                model.remove(spi);
                table = table.without(spi);
            } else {
                model.put(spi, "sa" + i);
                table = table.with(spi, "sa" + i);
            }
        }

        assertThat(table.size()).isEqualTo(model.size());
        for (int low = 0; low < 400; low++) {
            assertThat(table.lookup(0x8000_0000 | low)).isEqualTo(model.get(0x8000_0000 | low));
        }
    }

    @Test
    void anOlderTableStaysAsItWas() {
        SpiTable<String> before = new SpiTable<String>().with(0x8000_0001, "old");

        SpiTable<String> after = before.with(0x8000_0001, "new").with(0x8000_0002, "second");

        assertThat(before.lookup(0x8000_0001)).isEqualTo("old");
        assertThat(before.lookup(0x8000_0002)).isNull();
        assertThat(after.lookup(0x8000_0001)).isEqualTo("new");
    }
}
