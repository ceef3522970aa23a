// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.nat.path.Reason;
import io.vpnmesh.testkit.NatBehaviour;
import io.vpnmesh.testkit.NatBehaviour.Dependence;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every pair of NATs: direct where hole punching can work, relayed with the right reason where it cannot. */
class NatMatrixTest {

    private static final long SECOND_NS = 1_000_000_000L;

    private enum Box {
        EIM_EIF(NatBehaviour.of(Dependence.ENDPOINT_INDEPENDENT, Dependence.ENDPOINT_INDEPENDENT)),
        EIM_ADF(NatBehaviour.of(Dependence.ENDPOINT_INDEPENDENT, Dependence.ADDRESS)),
        EIM_APDF(NatBehaviour.home()),
        EIM_RANDOM_APDF(NatBehaviour.home().withRandomPorts()),
        LINUX_WITHOUT_FIREWALL(NatBehaviour.home().withClashes()),
        ADM(NatBehaviour.of(Dependence.ADDRESS, Dependence.ADDRESS_AND_PORT)),
        APDM(NatBehaviour.symmetric());

        private final NatBehaviour behaviour;

        Box(NatBehaviour behaviour) {
            this.behaviour = behaviour;
        }

        private boolean dependent() {
            return behaviour.mapping() != Dependence.ENDPOINT_INDEPENDENT;
        }

        /** Lets the peer's checks in from a port that nobody could foresee. */
        private boolean opensForAnyPort() {
            return !dependent() && behaviour.filtering() != Dependence.ADDRESS_AND_PORT;
        }
    }

    private static boolean punchable(Box one, Box other) {
        return !one.dependent() && !other.dependent() || one.opensForAnyPort() || other.opensForAnyPort();
    }

    static Stream<Arguments> pairs() {
        List<Arguments> pairs = new ArrayList<>();
        for (Box one : Box.values()) {
            for (Box other : Box.values()) {
                pairs.add(Arguments.of(one, other));
            }
        }
        return pairs.stream();
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void pairGoesDirectIfItCan(Box one, Box other) {
        SimMesh mesh = new SimMesh(one.ordinal() * 10 + other.ordinal(), one.behaviour, other.behaviour).start();

        boolean direct = mesh.world.runUntil(mesh::bothDirect, 5 * SECOND_NS);

        assertThat(direct).isEqualTo(punchable(one, other));
        Reason expected = direct ? Reason.PATH_CHECKED : Reason.SYMMETRIC_NAT;
        assertThat(mesh.a.reason()).isEqualTo(expected);
        assertThat(mesh.b.reason()).isEqualTo(expected);
    }

    /** One side starts its checks first; without priming they would take the tuple at the other's NAT for ever. */
    @ParameterizedTest
    @ValueSource(ints = {0, 20, 40, 60, 80})
    void clashingNatsArePrimedBeforeTheFirstCheckArrives(int relayDelayMs) {
        SimMesh mesh = new SimMesh(
                relayDelayMs,
                NatBehaviour.home().withClashes(),
                NatBehaviour.home().withClashes());
        mesh.relay1.host.link().delayMs(relayDelayMs);
        mesh.relay2.host.link().delayMs(relayDelayMs);

        mesh.startLate(150_000_000L);

        assertThat(mesh.world.runUntil(mesh::bothDirect, 5 * SECOND_NS)).isTrue();
    }
}
