// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.e2e.cluster.BalancerRules.Forwarding;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BalancerRulesTest {
    @Test
    void eachPortIsTranslatedInBothDirections() {
        var rules = BalancerRules.render(Set.of(new Forwarding("203.0.113.1", "udp", 4500, "10.1.0.2", 31234)));

        assertThat(rules)
                .contains("iifname \"wan\" ip daddr 203.0.113.1 udp dport 4500 dnat to 10.1.0.2:31234")
                .contains("oifname \"wan\" ip saddr 10.1.0.2 udp sport 31234 snat to 203.0.113.1:4500");
    }

    @Test
    void itComesBeforeTheNatInBothDirections() {
        assertThat(BalancerRules.render(List.of()))
                .contains("priority dstnat - 10")
                .contains("priority srcnat - 10")
                .startsWith("add table ip balancer\ndelete table ip balancer\n");
    }
}
