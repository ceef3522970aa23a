// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.nat.observe.NatType;
import io.vpnmesh.nat.path.Path;
import io.vpnmesh.nat.path.Reason;
import io.vpnmesh.testkit.NatBehaviour;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens to running traffic when the world changes. */
class PathChangeTest {

    private static final long MS = 1_000_000;
    private static final long SECOND_NS = 1_000_000_000L;

    private static SimMesh talking(long seed) {
        SimMesh mesh = new SimMesh(seed, NatBehaviour.home(), NatBehaviour.home()).start();
        mesh.a.talk(10 * MS);
        mesh.b.talk(10 * MS);
        assertThat(mesh.world.runUntil(mesh::bothDirect, 5 * SECOND_NS)).isTrue();
        mesh.world.runFor(SECOND_NS);
        return mesh;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void natTurnedSymmetricUnderTrafficGoesRelayedWithinASecondAndBackWithinSeconds(long seed) {
        SimMesh mesh = talking(seed);
        long switched = mesh.world.nowNs();
        mesh.natA.restart(NatBehaviour.symmetric());

        boolean relayed = mesh.world.runUntil(() -> !mesh.a.isDirect() && !mesh.b.isDirect(), SECOND_NS);
        mesh.world.runFor(15 * SECOND_NS);

        assertThat(relayed).isTrue();
        assertThat(SimMesh.longestGapMs(mesh.a, switched, mesh.world.nowNs())).isLessThan(1_000);
        assertThat(SimMesh.longestGapMs(mesh.b, switched, mesh.world.nowNs())).isLessThan(1_000);
        assertThat(mesh.a.isDirect()).isFalse();
        assertThat(mesh.a.reason()).isEqualTo(Reason.SYMMETRIC_NAT);
        assertThat(mesh.b.reason()).isEqualTo(Reason.SYMMETRIC_NAT);

        long back = mesh.world.nowNs();
        mesh.natA.restart(NatBehaviour.home());

        assertThat(mesh.world.runUntil(mesh::bothDirect, 8 * SECOND_NS)).isTrue();
        mesh.world.runFor(5 * SECOND_NS);
        assertThat(mesh.bothDirect()).isTrue();
        assertThat(SimMesh.longestGapMs(mesh.a, back, mesh.world.nowNs())).isLessThan(1_000);
        assertThat(SimMesh.longestGapMs(mesh.b, back, mesh.world.nowNs())).isLessThan(1_000);
    }

    @Test
    void suspectPathIsDoubledOverTheRelayBeforeItIsLeft() {
        SimMesh mesh = talking(1);

        mesh.natA.restart(NatBehaviour.symmetric());
        mesh.world.runFor(2 * SECOND_NS);

        assertThat(mesh.a.doubled).isTrue();
    }

    @Test
    void reboundNatWithTheSameBehaviourComesBackDirect() {
        SimMesh mesh = talking(7);
        long rebound = mesh.world.nowNs();

        mesh.natA.restart(NatBehaviour.home().withRandomPorts());
        mesh.world.runFor(12 * SECOND_NS);

        assertThat(mesh.bothDirect()).isTrue();
        assertThat(SimMesh.longestGapMs(mesh.b, rebound, mesh.world.nowNs())).isLessThan(1_000);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void deadRelayIsLeftForTheOtherWithinTwoSeconds(long seed) {
        SimMesh mesh = new SimMesh(seed, NatBehaviour.symmetric(), NatBehaviour.symmetric()).start();
        mesh.a.talk(10 * MS);
        mesh.b.talk(10 * MS);
        mesh.world.runFor(6 * SECOND_NS);
        Path before = mesh.a.path().orElseThrow();
        SimRelay used = before.equals(new Path.Relayed(mesh.relay1.node)) ? mesh.relay1 : mesh.relay2;
        long killed = mesh.world.nowNs();

        used.host.link().cut(true);
        mesh.world.runFor(10 * SECOND_NS);

        assertThat(mesh.a.path()).isPresent().get().isNotEqualTo(before);
        assertThat(SimMesh.longestGapMs(mesh.a, killed, mesh.world.nowNs())).isLessThan(2_000);
        assertThat(SimMesh.longestGapMs(mesh.b, killed, mesh.world.nowNs())).isLessThan(2_000);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void twentyPerCentLossDoesNotMakeTheDirectPathFlap(long seed) {
        SimMesh mesh = talking(seed);
        mesh.natA.link().loss(0.2);

        mesh.world.runFor(60 * SECOND_NS);

        long moves = mesh.a.selected.stream()
                .filter(one -> one.reason() == Reason.PATH_LOST)
                .count();
        assertThat(moves).isLessThanOrEqualTo(1);
        assertThat(mesh.b.receivedNumbers.size()).isGreaterThan((int) (mesh.a.sent * 0.7));
    }

    @Test
    void silentDirectPathStaysDirect() {
        SimMesh mesh = new SimMesh(3, NatBehaviour.home(), NatBehaviour.home()).start();
        assertThat(mesh.world.runUntil(mesh::bothDirect, 5 * SECOND_NS)).isTrue();
        int changes = mesh.a.selected.size();

        mesh.world.runFor(600 * SECOND_NS);

        assertThat(mesh.bothDirect()).isTrue();
        assertThat(mesh.a.selected).hasSize(changes);
    }

    @Test
    void oneWayTrafficStaysDirect() {
        SimMesh mesh = new SimMesh(4, NatBehaviour.home(), NatBehaviour.home()).start();
        mesh.a.talk(10 * MS);

        mesh.world.runFor(60 * SECOND_NS);

        assertThat(mesh.bothDirect()).isTrue();
        assertThat(mesh.b.receivedNumbers.size()).isGreaterThan((int) (mesh.a.sent - 20));
    }

    @Test
    void withoutOutsideObserversThePeersStayRelayedAndSaySo() {
        SimMesh mesh = new SimMesh(5, NatBehaviour.home(), NatBehaviour.home());

        mesh.start(List.of(), 0);
        mesh.world.runFor(5 * SECOND_NS);

        assertThat(mesh.a.path().orElseThrow()).isInstanceOf(Path.Relayed.class);
        assertThat(mesh.a.reason()).isEqualTo(Reason.NO_OUTSIDE_OBSERVER);
        assertThat(mesh.b.reason()).isEqualTo(Reason.NO_OUTSIDE_OBSERVER);
    }

    @Test
    void pathSurvivesTheLossOfBothRelays() {
        SimMesh mesh = talking(9);

        mesh.relay1.host.link().cut(true);
        mesh.relay2.host.link().cut(true);
        mesh.world.runFor(30 * SECOND_NS);

        assertThat(mesh.bothDirect()).isTrue();
    }

    @Test
    void sameSeedGivesTheSameRun() {
        List<SimSidecar.Selected> first = talking(11).a.selected;

        List<SimSidecar.Selected> second = talking(11).a.selected;

        assertThat(second).isEqualTo(first);
    }

    @Test
    void restartedRelayGetsItsLeasesBackByTicketAndCarriesOn() {
        SimMesh mesh = new SimMesh(12, NatBehaviour.symmetric(), NatBehaviour.symmetric()).start();
        mesh.a.talk(10 * MS);
        mesh.b.talk(10 * MS);
        mesh.world.runFor(5 * SECOND_NS);

        mesh.relay1.restart();
        mesh.world.runFor(2 * SECOND_NS);
        mesh.a.attach(mesh.relay1, true);
        mesh.b.attach(mesh.relay1, true);
        mesh.world.runFor(5 * SECOND_NS);
        mesh.relay2.host.link().cut(true);
        mesh.world.runFor(5 * SECOND_NS);
        long since = mesh.world.nowNs();
        mesh.world.runFor(5 * SECOND_NS);

        assertThat(mesh.a.path()).contains(new Path.Relayed(mesh.relay1.node));
        assertThat(SimMesh.longestGapMs(mesh.a, since, mesh.world.nowNs())).isLessThan(100);
        assertThat(SimMesh.longestGapMs(mesh.b, since, mesh.world.nowNs())).isLessThan(100);
    }

    @Test
    void clientBehindAReboundNatIsFollowedByItsRelay() {
        SimMesh mesh = new SimMesh(13, NatBehaviour.symmetric(), NatBehaviour.symmetric()).start();
        mesh.a.talk(10 * MS);
        mesh.b.talk(10 * MS);
        mesh.world.runFor(5 * SECOND_NS);
        long rebound = mesh.world.nowNs();

        mesh.natA.restart(NatBehaviour.symmetric());
        mesh.world.runFor(5 * SECOND_NS);

        assertThat(SimMesh.longestGapMs(mesh.a, rebound, mesh.world.nowNs())).isLessThan(1_000);
        assertThat(SimMesh.longestGapMs(mesh.b, rebound, mesh.world.nowNs())).isLessThan(1_000);
    }

    @Test
    void blockedUdpIsNamed() {
        SimMesh mesh = new SimMesh(14, NatBehaviour.home(), NatBehaviour.home()).start();

        mesh.natA.restart(NatBehaviour.home().withBlockedUdp());
        mesh.world.runFor(60 * SECOND_NS);

        assertThat(mesh.a.path()).isEmpty();
        assertThat(mesh.a.natType()).isEqualTo(NatType.UDP_BLOCKED);
    }
}
