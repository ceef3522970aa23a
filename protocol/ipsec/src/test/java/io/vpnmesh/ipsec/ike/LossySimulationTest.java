// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Two engines, a network that loses, doubles and reorders, and owners that rekey at random: whatever happens, they meet. */
class LossySimulationTest {

    private static final int SEEDS = Integer.getInteger("vpnmesh.ike.seeds", 120);

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);

    @Test
    void afterAnyTroubleBothSidesAgree() {
        for (int seed = 1; seed <= SEEDS; seed++) {
            int current = seed;
            assertThatCode(() -> simulate(current)).as("seed %d", seed).doesNotThrowAnyException();
        }
    }

    private void simulate(int seed) {
        Random random = new Random(seed);
        TestWire wire = new TestWire();
        boolean hybrid = seed % 10 == 0;
        TestNode a = wire.add(mesh, 1, s -> s.withSuite(SuiteName.DEFAULT, hybrid));
        TestNode b = wire.add(mesh, 2, s -> s.withSuite(SuiteName.DEFAULT, hybrid));
        List<TestWire.Message> delayed = new ArrayList<>();
        wire.fate = m -> trouble(m, random, delayed);
        boolean crossing = random.nextBoolean();

        connect(a, b);
        if (crossing) {
            connect(b, a);
        }
        for (int step = 0; step < 12; step++) {
            wire.run(Duration.ofMillis(random.nextInt(1500)));
            command(random.nextBoolean() ? a : b, random);
            if (random.nextInt(3) == 0) {
                command(a, random);
                command(b, random);
            }
        }
        wire.fate = List::of;
        delayed.forEach(wire::put);
        wire.run(Duration.ofSeconds(30));
        connect(a, b); // if the trouble was too much, somebody tries again
        connect(b, a);
        wire.run(Duration.ofSeconds(90));

        assertThat(alive(a)).hasSize(1);
        assertThat(alive(b)).hasSize(1);
        assertThat(a.inbound).hasSize(1);
        assertThat(b.inbound).hasSize(1);
        assertThat(a.takenSpis).isEqualTo(a.inbound.keySet());
        assertThat(b.takenSpis).isEqualTo(b.inbound.keySet());
        assertThat(a.sendPacketTo(b, sending(a))).isPositive();
        assertThat(b.sendPacketTo(a, sending(b))).isPositive();
        assertThat(keys(a)).isEqualTo(keys(b));
    }

    private static List<TestWire.Message> trouble(
            TestWire.Message message, Random random, List<TestWire.Message> delayed) {
        List<TestWire.Message> arriving = new ArrayList<>();
        if (!delayed.isEmpty() && random.nextInt(3) == 0) {
            arriving.add(delayed.remove(random.nextInt(delayed.size())));
        }
        switch (random.nextInt(8)) {
            case 0 -> {}
            case 1 -> {
                arriving.add(message);
                arriving.add(message);
            }
            case 2 -> delayed.add(message);
            case 3 -> {
                arriving.add(message);
                delayed.add(message);
            }
            default -> arriving.add(message);
        }
        return arriving;
    }

    private static void connect(TestNode from, TestNode to) {
        from.handle(new IkeInput.Connect(
                new PeerRef.Direct(to.endpoint()),
                TestMesh.nodeId(to.number),
                List.of(Cidr.host(TestMesh.address(from.number))),
                List.of(Cidr.host(TestMesh.address(to.number)))));
    }

    private static void command(TestNode node, Random random) {
        for (long session : alive(node)) {
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    if (node.sending.containsKey(session)) {
                        node.handle(new IkeInput.RekeyChild(
                                session, node.sendingOn(session).inboundSpi()));
                    }
                }
                case 2, 3 -> node.handle(new IkeInput.RekeyIke(session));
                case 4 -> node.handle(new IkeInput.CheckLiveness(session));
                default -> node.handle(new IkeInput.SendNotify(session, 51000, new byte[100]));
            }
        }
    }

    private static List<Long> alive(TestNode node) {
        List<Long> closed = node.all(IkeEvent.Closed.class).stream()
                .map(IkeEvent.Closed::session)
                .toList();
        return node.all(IkeEvent.Established.class).stream()
                .map(IkeEvent.Established::session)
                .filter(s -> !closed.contains(s))
                .toList();
    }

    private static ChildSa sending(TestNode node) {
        return node.sendingOn(alive(node).getFirst());
    }

    private static PathCheckKeys keys(TestNode node) {
        long session = alive(node).getFirst();
        PathCheckKeys first = node.all(IkeEvent.Established.class).stream()
                .filter(e -> e.session() == session)
                .findFirst()
                .orElseThrow()
                .keys();
        return node.all(IkeEvent.PathKeysChanged.class).stream()
                .filter(e -> e.session() == session)
                .map(IkeEvent.PathKeysChanged::keys)
                .reduce(first, (_, later) -> later);
    }
}
