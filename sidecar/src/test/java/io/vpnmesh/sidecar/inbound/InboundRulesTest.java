// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.sidecar.packet.Packets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InboundRulesTest {

    private static boolean tcp(InboundRules rules, int port) {
        return rules.mayOpen(Packets.parsed(Packets.tcp("198.18.0.9", 40000, "198.18.0.1", port, Packets.SYN)));
    }

    private static boolean udp(InboundRules rules, int port) {
        return rules.mayOpen(Packets.parsed(Packets.udp("198.18.0.9", 40000, "198.18.0.1", port)));
    }

    @Test
    void declaredPortsHoldForTheirProtocolOnly() {
        InboundRules rules = InboundRules.parse("declared:tcp/80, udp/53,tcp/8000-8010");

        assertThat(tcp(rules, 80)).isTrue();
        assertThat(udp(rules, 80)).isFalse();
        assertThat(udp(rules, 53)).isTrue();
        assertThat(tcp(rules, 8000)).isTrue();
        assertThat(tcp(rules, 8010)).isTrue();
        assertThat(tcp(rules, 8011)).isFalse();
    }

    @Test
    void echoRequestsPassUnlessNothingDoes() {
        byte[] echo = Packets.echo("198.18.0.9", "198.18.0.1", 8, 7);

        assertThat(InboundRules.parse("declared:").mayOpen(Packets.parsed(echo)))
                .isTrue();
        assertThat(InboundRules.parse("all").mayOpen(Packets.parsed(echo))).isTrue();
        assertThat(InboundRules.parse("none").mayOpen(Packets.parsed(echo))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "some",
                "declared:80",
                "declared:tcp/0",
                "declared:tcp/65536",
                "declared:icmp/1",
                "declared:tcp/9-8",
                "declared:tcp/x"
            })
    void whatIsNoRuleIsNamed(String text) {
        assertThatThrownBy(() -> InboundRules.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("inbound");
    }
}
