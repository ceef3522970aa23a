// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverlayPlanTest {

    private final OverlayPlan plan = new OverlayPlan(OverlayPlan.DEFAULT_IPV4, Cidr.parse("fd12:3456:789a::/48"), 20);

    @Test
    void rangeHoldsSixteenClustersOfTheDefaultSize() {
        List<Cidr> taken = new ArrayList<>();

        for (int i = 0; i < 16; i++) {
            taken.add(plan.freeClusterPrefix(taken, List.of()).orElseThrow());
        }

        assertThat(taken.getFirst()).hasToString("198.18.0.0/20");
        assertThat(taken.getLast()).hasToString("198.18.240.0/20");
        assertThat(plan.freeClusterPrefix(taken, List.of())).isEmpty();
    }

    @Test
    void invitationMayNarrowTheChoice() {
        List<Cidr> within = List.of(Cidr.parse("198.18.64.0/18"));

        assertThat(plan.freeClusterPrefix(List.of(Cidr.parse("198.18.64.0/21")), within))
                .contains(Cidr.parse("198.18.80.0/20"));
        assertThat(plan.freeClusterPrefix(List.of(), List.of(Cidr.parse("10.0.0.0/8"))))
                .isEmpty();
        assertThat(plan.freeClusterPrefix(List.of(), List.of(Cidr.parse("198.18.7.0/24"))))
                .contains(Cidr.parse("198.18.7.0/24"));
    }

    @Test
    void ipv6FollowsTheOffsetOfIpv4() {
        assertThat(plan.ipv6Of(IpAddress.parse("198.18.16.5"))).hasToString("fd12:3456:789a::1005");
        assertThat(plan.ipv6Of(Cidr.parse("198.18.16.0/20"))).hasToString("fd12:3456:789a::1000/116");
        assertThat(plan.ipv6Of(Cidr.parse("198.18.16.0/24"))).hasToString("fd12:3456:789a::1000/120");
    }

    @Test
    void uniqueLocalPrefixBelongsToTheMesh() {
        Cidr one = OverlayPlan.uniqueLocal(new MeshId(1, 2));

        assertThat(one).isEqualTo(OverlayPlan.uniqueLocal(new MeshId(1, 2)));
        assertThat(one).isNotEqualTo(OverlayPlan.uniqueLocal(new MeshId(1, 3)));
        assertThat(one.length()).isEqualTo(48);
        assertThat(one.toString()).startsWith("fd");
    }

    @Test
    void impossibleSharesAreRefused() {
        assertThatThrownBy(() -> new OverlayPlan(OverlayPlan.DEFAULT_IPV4, Cidr.parse("fd00::/48"), 15))
                .hasMessageContaining("clusterPrefixLength 15");
        assertThatThrownBy(() -> new OverlayPlan(OverlayPlan.DEFAULT_IPV4, Cidr.parse("fd00::/48"), 25))
                .hasMessageContaining("clusterPrefixLength 25");
        assertThatThrownBy(() -> new OverlayPlan(Cidr.parse("fd00::/48"), Cidr.parse("fd00::/48"), 20))
                .hasMessageContaining("wrong way round");
    }
}
