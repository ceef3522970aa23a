// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.operator.relay.RelayEndpointsSource.RelayPod;
import java.util.List;
import org.junit.jupiter.api.Test;

class RelayTargetsTest {

    @Test
    void ownRelaysAreReachedAtTheirService() {
        RelayPod relay = new RelayPod(
                "blue-relay-0",
                "uid",
                true,
                List.of(),
                List.of(Endpoint.parse("192.0.2.1:443")),
                List.of(),
                List.of(Endpoint.parse("10.96.0.9:443")));

        assertThat(RelayTargets.of(List.of(relay), List.of(), List.of("192.0.2.7:443")))
                .containsEntry("blue-relay-0", List.of(new HostPort("10.96.0.9", 443)))
                .containsEntry("192.0.2.7:443", List.of(new HostPort("192.0.2.7", 443)))
                .hasSize(2);
    }

    @Test
    void addressesAreParsedWithNamesAndIpv6() {
        assertThat(HostPort.parse("relay.example.org:443")).isEqualTo(new HostPort("relay.example.org", 443));
        assertThat(HostPort.parse("[2001:db8::1]:443")).isEqualTo(new HostPort("2001:db8::1", 443));
        assertThat(HostPort.parse("[2001:db8::1]:443")).hasToString("[2001:db8::1]:443");
        assertThatThrownBy(() -> HostPort.parse("relay")).hasMessageContaining("not HOST:PORT");
        assertThatThrownBy(() -> HostPort.parse("relay:0")).hasMessageContaining("1..65535");
    }
}
