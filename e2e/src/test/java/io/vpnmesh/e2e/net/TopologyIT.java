// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vpnmesh.e2e.LabTest;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Two sites on a real internet of namespaces: each NAT behaves as it is called, seen by a STUN client and by hole
/// punching.
@LabTest(needsCluster = false)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TopologyIT {
    private final Run run = Run.open("tnat", Run.Lifetime.TIED);
    private final Topology topology = build();
    private final Site a = topology.site("a");
    private final Site b = topology.site("b");

    private Topology build() {
        try {
            return Topology.create(run, List.of("a", "b"));
        } catch (RuntimeException e) {
            run.close();
            throw e;
        }
    }

    @BeforeEach
    void usualNats() {
        a.nat(NatBehaviour.ENDPOINT_INDEPENDENT);
        b.nat(NatBehaviour.ENDPOINT_INDEPENDENT);
    }

    @AfterAll
    void takeDown() {
        run.close();

        assertThat(Run.names()).doesNotContain("tnat");
    }

    @ParameterizedTest
    @EnumSource(names = {"ENDPOINT_INDEPENDENT", "FULL_CONE", "RANDOM_PORT"})
    void endpointIndependentMappingIsTheSameTowardsEveryServer(NatBehaviour behaviour) throws Exception {
        a.nat(behaviour);

        try (var socket = Punch.socket(a)) {
            var first = mapped(socket, TopologyPlan.STUN_ADDRESS).orElseThrow();
            var second = mapped(socket, TopologyPlan.STUN_SECOND_ADDRESS).orElseThrow();

            assertThat(first.getAddress().getHostAddress()).isEqualTo(a.externalAddress());
            assertThat(second).isEqualTo(first);
            assertThat(first.getPort() == socket.getLocalPort()).isEqualTo(behaviour != NatBehaviour.RANDOM_PORT);
        }
    }

    @Test
    void symmetricMappingDiffersTowardsEachServer() throws Exception {
        a.nat(NatBehaviour.SYMMETRIC);

        try (var socket = Punch.socket(a)) {
            assertThat(mapped(socket, TopologyPlan.STUN_SECOND_ADDRESS))
                    .isNotEqualTo(mapped(socket, TopologyPlan.STUN_ADDRESS));
        }
    }

    @Test
    void blockedUdpReachesNoServer() throws Exception {
        a.nat(NatBehaviour.UDP_BLOCKED);

        try (var socket = Punch.socket(a)) {
            assertThat(mapped(socket, TopologyPlan.STUN_ADDRESS)).isEmpty();
        }
    }

    @Test
    void aSwitchForgetsTheMappingsThatWere() throws Exception {
        try (var socket = Punch.socket(a)) {
            var before = mapped(socket, TopologyPlan.STUN_ADDRESS);

            a.nat(NatBehaviour.SYMMETRIC);

            assertThat(mapped(socket, TopologyPlan.STUN_ADDRESS)).isPresent().isNotEqualTo(before);
        }
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void holePunchingWorksExactlyWhereItCan(NatBehaviour one, NatBehaviour other) throws Exception {
        a.nat(one);
        b.nat(other);

        assertThat(Punch.succeeds(a, b)).isEqualTo(one.canPunch(other));
    }

    static Stream<Arguments> pairs() {
        return Stream.of(NatBehaviour.values())
                .flatMap(one -> Stream.of(NatBehaviour.values())
                        .filter(other -> other.compareTo(one) >= 0)
                        .map(other -> Arguments.of(one, other)));
    }

    @Test
    void aCutPathCannotBePunchedUntilItIsHealed() throws Exception {
        topology.cut(a, b);
        var whileCut = Punch.succeeds(a, b);
        topology.heal(a, b);

        assertThat(whileCut).isFalse();
        assertThat(Punch.succeeds(a, b)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(names = {"ENDPOINT_INDEPENDENT", "FULL_CONE", "RANDOM_PORT"})
    void nothingComesBackInByTheOwnOutsideAddress(NatBehaviour behaviour) throws Exception {
        a.nat(behaviour);

        try (var one = Punch.socket(a);
                var other = Punch.socket(a)) {
            var outside = mapped(other, TopologyPlan.STUN_ADDRESS).orElseThrow();
            mapped(one, TopologyPlan.STUN_ADDRESS);

            one.send(new DatagramPacket(new byte[1], 1, outside));

            other.setSoTimeout(200);
            assertThatExceptionOfType(SocketTimeoutException.class)
                    .isThrownBy(() -> other.receive(new DatagramPacket(new byte[1], 1)));
        }
    }

    @Test
    void aPacketThatDiesOnTheWayIsReported() {
        var atTheNat = a.node()
                .command("ping", "-n", "-c1", "-W1", "-t1", TopologyPlan.STUN_ADDRESS)
                .run();
        var onTheInternet = a.node()
                .command("ping", "-n", "-c1", "-W1", "-t2", TopologyPlan.STUN_ADDRESS)
                .run();

        assertThat(atTheNat.out())
                .contains("From " + TopologyPlan.SitePlan.LAN_GATEWAY)
                .contains("Time to live exceeded");
        assertThat(onTheInternet.out()).contains("From " + a.plan().gateway()).contains("Time to live exceeded");
    }

    @Test
    void theManagementLinkIsNoWayAroundTheNat() {
        var host = a.managementAddress().replaceFirst("\\d+$", "")
                + (Integer.parseInt(a.managementAddress().replaceFirst(".*\\.", "")) - 1);

        assertThat(a.node().command("ping", "-n", "-c1", "-W1", host).run().isSuccess())
                .isFalse();
        assertThat(a.node().command("ip", "route", "get", b.managementAddress()).orThrow())
                .contains("via " + TopologyPlan.SitePlan.LAN_GATEWAY);
    }

    @Test
    void aNameInUseIsRefused() {
        assertThatExceptionOfType(LabException.class)
                .isThrownBy(() -> Run.open("tnat", Run.Lifetime.TIED))
                .withMessageContaining("in use by process");
    }

    private static Optional<InetSocketAddress> mapped(java.net.DatagramSocket socket, String server) throws Exception {
        return StunProbe.mappedAddress(socket, Punch.server(server));
    }
}
