// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vpnmesh.e2e.net.TopologyPlan.SitePlan;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TopologyPlanTest {
    @Test
    void everyNameCarriesThePrefixOfTheRun() {
        var plan = TopologyPlan.of("vm1", List.of("a", "b"));

        assertThat(plan.sites())
                .flatExtracting(SitePlan::routerNamespace, SitePlan::nodeNamespace)
                .containsExactly("vm1-a-nat", "vm1-a-node", "vm1-b-nat", "vm1-b-node");
        assertThat(plan.internetNamespace()).isEqualTo("vm1-inet");
        assertThat(plan.stunNamespace()).isEqualTo("vm1-stun");
    }

    @Test
    void sitesHavePublicAddressesOfTheirOwn() {
        var names = IntStream.range(0, TopologyPlan.MAX_SITES)
                .mapToObj(i -> "s" + i)
                .toList();

        var plan = TopologyPlan.of("vm1", names);

        assertThat(plan.sites())
                .extracting(SitePlan::external)
                .doesNotHaveDuplicates()
                .contains("198.51.100.2", "198.51.100.226");
        assertThat(plan.sites())
                .flatExtracting(SitePlan::balancers)
                .doesNotHaveDuplicates()
                .hasSize(8 * 30);
    }

    @Test
    void balancerAddressesLieInTheRangeThatIsRoutedToTheSite() {
        var site = TopologyPlan.of("vm1", List.of("a", "b")).sites().get(1);

        assertThat(site.balancerRange()).isEqualTo("203.0.113.32/27");
        assertThat(site.balancers()).startsWith("203.0.113.33").endsWith("203.0.113.62");
    }

    @Test
    void noSiteAndTooManyAndDoubleAndLongNamesAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> TopologyPlan.of("vm1", List.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TopologyPlan.of("vm1", List.of("a", "b", "c", "d", "e", "f", "g", "h", "i")));
        assertThatIllegalArgumentException().isThrownBy(() -> TopologyPlan.of("vm1", List.of("a", "a")));
        assertThatIllegalArgumentException().isThrownBy(() -> TopologyPlan.of("vm1", List.of("headquarters")));
    }
}
