// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RoutingTableTest {

    private static String owner(RoutingTable<String> table, String address) {
        IpAddress ip = IpAddress.parse(address);
        String owner = table.lookup(ip.family(), ip.high(), ip.low());
        return owner == null ? "nobody" : owner;
    }

    @Test
    void theLongestPrefixWins() {
        RoutingTable<String> table = new RoutingTable<>(Map.of(
                Cidr.parse("198.18.0.0/16"), "gateway",
                Cidr.parse("198.18.4.0/24"), "site",
                Cidr.parse("198.18.4.7/32"), "pod",
                Cidr.parse("fd00::/48"), "gateway6",
                Cidr.parse("fd00::4:7/128"), "pod6"));

        assertThat(owner(table, "198.18.4.7")).isEqualTo("pod");
        assertThat(owner(table, "198.18.4.8")).isEqualTo("site");
        assertThat(owner(table, "198.18.5.8")).isEqualTo("gateway");
        assertThat(owner(table, "198.19.0.1")).isEqualTo("nobody");
        assertThat(owner(table, "fd00::4:7")).isEqualTo("pod6");
        assertThat(owner(table, "fd00:0:0:ff::1")).isEqualTo("gateway6");
        assertThat(owner(table, "fd00:0:1::1")).isEqualTo("nobody");
    }

    @Test
    void anEmptyTableOwnsNothing() {
        assertThat(owner(new RoutingTable<>(Map.of()), "198.18.0.1")).isEqualTo("nobody");
    }

    @Test
    void agreesWithALinearSearchOnRandomPrefixes() {
        Random random = new Random(7);
        Map<Cidr, String> owners = new HashMap<>();
        for (int i = 0; i < 500; i++) {
            Cidr prefix = Cidr.around(IpAddress.v4(0xC612_0000 | random.nextInt(0x4000)), 16 + random.nextInt(17));
            owners.put(prefix, prefix.toString());
        }
        RoutingTable<String> table = new RoutingTable<>(owners);

        for (int i = 0; i < 5000; i++) {
            IpAddress address = IpAddress.v4(0xC612_0000 | random.nextInt(0x8000));
            String expected = "nobody";
            int best = -1;
            for (Map.Entry<Cidr, String> entry : owners.entrySet()) {
                if (entry.getKey().contains(address) && entry.getKey().length() > best) {
                    best = entry.getKey().length();
                    expected = entry.getValue();
                }
            }
            assertThat(owner(table, address.toString())).isEqualTo(expected);
        }
    }
}
