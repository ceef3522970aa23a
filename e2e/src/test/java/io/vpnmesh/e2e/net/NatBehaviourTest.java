// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NatBehaviourTest {
    @ParameterizedTest
    @EnumSource
    void everyBehaviourReplacesTheTablesOfTheOneBefore(NatBehaviour behaviour) {
        assertThat(NatRules.of(behaviour, "198.51.100.2"))
                .startsWith("add table ip nat\ndelete table ip nat\nadd table ip filter\ndelete table ip filter\n")
                .doesNotContain("$EXTERNAL");
    }

    @ParameterizedTest
    @EnumSource
    void everyBehaviourDropsNewFlowsToTheRouterItself(NatBehaviour behaviour) {
        assertThat(NatRules.of(behaviour, "198.51.100.2"))
                .contains("type filter hook input")
                .contains("iifname \"wan\" ct state new drop");
    }

    @ParameterizedTest
    @CsvSource({
        "ENDPOINT_INDEPENDENT, ENDPOINT_INDEPENDENT, true",
        "ENDPOINT_INDEPENDENT, RANDOM_PORT, true",
        "ENDPOINT_INDEPENDENT, SYMMETRIC, false",
        "SYMMETRIC, SYMMETRIC, false",
        "FULL_CONE, SYMMETRIC, true",
        "UDP_BLOCKED, FULL_CONE, false"
    })
    void punchingIsPossibleInBothDirectionsOrNone(NatBehaviour one, NatBehaviour other, boolean isPossible) {
        assertThat(one.canPunch(other)).isEqualTo(isPossible);
        assertThat(other.canPunch(one)).isEqualTo(isPossible);
    }
}
