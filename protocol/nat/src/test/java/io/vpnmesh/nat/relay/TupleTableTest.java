// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TupleTableTest {

    private final TupleTable table = new TupleTable();
    private final RelayedClient a = new RelayedClient(new NodeId(0, 1));
    private final RelayedClient b = new RelayedClient(new NodeId(0, 2));

    @Test
    void sameAddressBytesOfAnotherFamilyAreAnotherTuple() {
        table.put(Endpoint.parse("192.0.2.1:4500"), a);

        assertThat(table.find(Endpoint.parse("[::c000:201]:4500"))).isNull();
        assertThat(table.find(0, 0xFFFF_C000_0201L, 4500)).isSameAs(a);
    }

    @Test
    void tupleBelongsToWhoProvedItLast() {
        Endpoint tuple = Endpoint.parse("[2001:db8::1]:4500");
        table.put(tuple, a);
        table.put(tuple, b);

        table.remove(tuple, a);

        assertThat(table.find(tuple)).isSameAs(b);
        table.remove(tuple, b);
        assertThat(table.find(tuple)).isNull();
    }

    @Test
    void agreesWithAPlainMapOverManyChanges() {
        Random random = new Random(6);
        Map<Endpoint, RelayedClient> model = new HashMap<>();

        for (int i = 0; i < 40_000; i++) {
            Endpoint tuple =
                    Endpoint.parse("10.0." + random.nextInt(20) + "." + random.nextInt(100) + ":" + random.nextInt(3));
            RelayedClient client = random.nextBoolean() ? a : b;
            if (random.nextInt(3) > 0) {
                table.put(tuple, client);
                model.put(tuple, client);
            } else {
                table.remove(tuple, client);
                model.remove(tuple, client);
            }
        }

        assertThat(model).hasSizeGreaterThan(2_000);
        for (int i = 0; i < 6_000; i++) {
            Endpoint tuple = Endpoint.parse("10.0." + i / 300 + "." + i / 3 % 100 + ":" + i % 3);
            assertThat(table.find(tuple)).isSameAs(model.get(tuple));
        }
    }
}
