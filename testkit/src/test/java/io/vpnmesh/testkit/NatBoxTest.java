// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.testkit.NatBehaviour.Dependence;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NatBoxTest {

    private static final long SECOND_NS = 1_000_000_000L;

    private final SimWorld world = new SimWorld(1);
    private final SimHost one = new SimHost(world, IpAddress.parse("192.0.2.1"));
    private final SimHost two = new SimHost(world, IpAddress.parse("192.0.2.2"));
    private final List<Endpoint> seen = new ArrayList<>();
    private int received;

    private SimHost behind(NatBehaviour behaviour) {
        NatBox nat = new NatBox(world, IpAddress.parse("198.51.100.1"), behaviour);
        SimHost host = new SimHost(nat, IpAddress.parse("10.0.0.1"));
        host.bind(4500, (_, _, _) -> received++);
        one.bind(1, (_, remote, _) -> seen.add(remote));
        one.bind(2, (_, remote, _) -> seen.add(remote));
        two.bind(1, (_, remote, _) -> seen.add(remote));
        return host;
    }

    private void send(SimHost host, SimHost to, int port) {
        host.send(4500, new Endpoint(to.address(), port), new byte[1]);
        world.runFor(1);
    }

    @ParameterizedTest
    @EnumSource(Dependence.class)
    void mappingDependsOnWhatItSays(Dependence mapping) {
        SimHost host = behind(NatBehaviour.of(mapping, Dependence.ADDRESS_AND_PORT));

        send(host, one, 1);
        send(host, one, 2);
        send(host, two, 1);

        assertThat(seen).hasSize(3);
        assertThat(seen.get(0).equals(seen.get(1))).isEqualTo(mapping != Dependence.ADDRESS_AND_PORT);
        assertThat(seen.get(0).equals(seen.get(2))).isEqualTo(mapping == Dependence.ENDPOINT_INDEPENDENT);
    }

    @ParameterizedTest
    @EnumSource(Dependence.class)
    void filteringDependsOnWhatItSays(Dependence filtering) {
        SimHost host = behind(NatBehaviour.of(Dependence.ENDPOINT_INDEPENDENT, filtering));
        send(host, one, 1);

        one.send(1, seen.getFirst(), new byte[1]);
        one.send(2, seen.getFirst(), new byte[1]);
        two.send(1, seen.getFirst(), new byte[1]);
        world.runFor(1);

        int expected = switch (filtering) {
            case ENDPOINT_INDEPENDENT -> 3;
            case ADDRESS -> 2;
            case ADDRESS_AND_PORT -> 1;
        };
        assertThat(received).isEqualTo(expected);
    }

    @Test
    void mappingDiesAfterItsLifetimeWithoutOutboundPackets() {
        SimHost host = behind(NatBehaviour.home().withLifetimeNs(5 * SECOND_NS));
        send(host, one, 1);

        world.runFor(4 * SECOND_NS);
        one.send(1, seen.getFirst(), new byte[1]);
        world.runFor(2 * SECOND_NS);
        one.send(1, seen.getFirst(), new byte[1]);
        world.runFor(1);

        assertThat(received).isEqualTo(1);
    }

    @Test
    void lowTtlOpensTheOwnNatAndDiesOnTheWay() {
        SimHost host = behind(NatBehaviour.home());

        host.send(4500, new Endpoint(one.address(), 1), 3, new byte[1]);
        world.runFor(1);
        one.send(1, new Endpoint(IpAddress.parse("198.51.100.1"), 4500), new byte[1]);
        world.runFor(1);

        assertThat(seen).isEmpty();
        assertThat(received).isEqualTo(1);
    }

    @Test
    void unsolicitedPacketTakesTheTupleOfAClashingNat() {
        SimHost host = behind(NatBehaviour.home().withClashes());

        one.send(1, new Endpoint(IpAddress.parse("198.51.100.1"), 4500), new byte[1]);
        world.runFor(1);
        send(host, one, 1);
        send(host, two, 1);

        assertThat(seen.get(0).port()).isNotEqualTo(4500);
        assertThat(seen.get(1).port()).isEqualTo(4500);
    }
}
