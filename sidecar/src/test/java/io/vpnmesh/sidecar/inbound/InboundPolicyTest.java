// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.sidecar.packet.Packets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class InboundPolicyTest {

    private static final String US = "198.18.0.1";
    private static final String PEER = "198.18.0.9";
    private static final String OTHER = "198.18.0.10";
    /** Past the adoption of connections from before the start. */
    private static final int NOW = 1000;

    private final InboundPolicy policy = new InboundPolicy(InboundRules.parse("declared:tcp/80,udp/53"), new Random(1));

    private boolean admits(byte[] packet, int nowSeconds) {
        return policy.admits(packet, Packets.parsed(packet), nowSeconds);
    }

    private void send(byte[] packet, int nowSeconds) {
        policy.sent(Packets.parsed(packet), nowSeconds);
    }

    @Test
    void aDeclaredPortMayBeOpenedAndUsed() {
        assertThat(admits(Packets.tcp(PEER, 5000, US, 80, Packets.SYN), NOW)).isTrue();
        assertThat(admits(Packets.tcp(PEER, 5000, US, 80, Packets.ACK), NOW + 7000))
                .isTrue();
    }

    @Test
    void anUndeclaredPortMayNeitherBeOpenedNorGuessed() {
        assertThat(admits(Packets.tcp(PEER, 5000, US, 81, Packets.SYN), NOW)).isFalse();
        assertThat(admits(Packets.tcp(PEER, 5000, US, 81, Packets.ACK), NOW)).isFalse();
        assertThat(admits(Packets.udp(PEER, 5000, US, 54), NOW)).isFalse();
    }

    @Test
    void answersToOurFlowsPassAndOnlyThose() {
        send(Packets.tcp(US, 6000, PEER, 443, Packets.SYN), NOW);
        send(Packets.udp(US, 6001, PEER, 123), NOW);

        assertThat(admits(Packets.tcp(PEER, 443, US, 6000, Packets.SYN | Packets.ACK), NOW))
                .isTrue();
        assertThat(admits(Packets.udp(PEER, 123, US, 6001), NOW)).isTrue();
        assertThat(admits(Packets.udp(OTHER, 123, US, 6001), NOW)).isFalse();
        assertThat(admits(Packets.tcp(PEER, 443, US, 6000, Packets.SYN), NOW)).isFalse();
    }

    @Test
    void anAnswerAfterTheFlowHasDiedIsRefused() {
        send(Packets.udp(US, 6001, PEER, 123), NOW);

        assertThat(admits(Packets.udp(PEER, 123, US, 6001), NOW + 299)).isTrue();
        assertThat(admits(Packets.udp(PEER, 123, US, 6001), NOW + 301)).isFalse();
    }

    @Test
    void echoRepliesNeedARequestOfOurs() {
        assertThat(admits(Packets.echo(PEER, US, 0, 77), NOW)).isFalse();

        send(Packets.echo(US, PEER, 8, 77), NOW);

        assertThat(admits(Packets.echo(PEER, US, 0, 77), NOW)).isTrue();
        assertThat(admits(Packets.echo(PEER, US, 0, 78), NOW)).isFalse();
    }

    @Test
    void anErrorPassesWhenItQuotesAPacketOfOurs() {
        byte[] ours = Packets.udp(US, 6001, PEER, 123);
        byte[] foreign = Packets.udp(US, 6002, PEER, 123);
        send(ours, NOW);

        assertThat(admits(Packets.icmpError(OTHER, US, ours), NOW)).isTrue();
        assertThat(admits(Packets.icmpError(OTHER, US, foreign), NOW)).isFalse();
        assertThat(admits(Packets.icmpError(OTHER, US, new byte[3]), NOW)).isFalse();
    }

    @Test
    void afterAStartRunningConnectionsAreAdoptedAndNoneIsOpened() {
        assertThat(admits(Packets.tcp(PEER, 443, US, 6000, Packets.ACK), 5)).isTrue();
        assertThat(admits(Packets.tcp(PEER, 5000, US, 81, Packets.SYN), 5)).isFalse();

        assertThat(admits(Packets.tcp(PEER, 443, US, 6000, Packets.ACK), NOW)).isTrue();
        assertThat(admits(Packets.tcp(PEER, 444, US, 6000, Packets.ACK), NOW)).isFalse();
    }

    @Test
    void aFullTableForgetsTheOldestFlows() {
        FlowTable table = new FlowTable(4);
        for (int flow = 1; flow <= 5; flow++) {
            table.see(flow, flow);
        }

        assertThat(table.isKnown(1, 6, 100)).isFalse();
        assertThat(table.isKnown(2, 6, 100)).isTrue();
        assertThat(table.isKnown(5, 6, 100)).isTrue();
    }
}
