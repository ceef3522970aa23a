// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;

/** A network that is a list, and a clock that jumps. What happens to a message on its way a test can change. */
final class TestWire {

    /** One IKE message on its way. */
    record Message(PeerRef from, Endpoint to, byte[] bytes) {

        int exchange() {
            return bytes[18] & 0xFF;
        }

        boolean isResponse() {
            return (bytes[19] & 0x20) != 0;
        }
    }

    private final List<TestNode> nodes = new ArrayList<>();
    private final Deque<Runnable> queue = new ArrayDeque<>();
    final List<Message> log = new ArrayList<>();
    /** Turns a message into those that arrive: none, the same, two, another. */
    java.util.function.Function<Message, List<Message>> fate = List::of;

    /** Sees what every turn of an engine makes of its states. */
    Transitions transitions = new Transitions();

    private long nowNs = 1_000_000_000L;

    TestNode add(TestMesh mesh, int number, UnaryOperator<IkeSettings> settings) {
        return add(mesh, mesh.member(number), number, settings);
    }

    TestNode add(TestMesh mesh, LocalIdentity identity, int number, UnaryOperator<IkeSettings> settings) {
        return add(new TestNode(this, mesh, number, settings.apply(IkeSettings.of(identity, 1_000 + number))));
    }

    /** In the place of the one with the same number, whose process has gone. */
    TestNode add(TestNode node) {
        nodes.removeIf(n -> n.number == node.number);
        nodes.add(node);
        return node;
    }

    /** The first starts an IKE SA with the second, and a Child SA between their addresses. */
    void establish(TestNode from, TestNode to) {
        from.handle(new IkeInput.Connect(
                new PeerRef.Direct(to.endpoint()),
                TestMesh.nodeId(to.number),
                List.of(Cidr.host(TestMesh.address(from.number))),
                List.of(Cidr.host(TestMesh.address(to.number)))));
        settle();
        assertThat(from.all(IkeEvent.Established.class)).hasSize(1);
    }

    long nowNs() {
        return nowNs;
    }

    TestNode node(NodeId id) {
        return nodes.stream()
                .filter(n -> TestMesh.nodeId(n.number).equals(id))
                .findFirst()
                .orElseThrow();
    }

    void later(Runnable action) {
        queue.addLast(action);
    }

    void put(Message message) {
        log.add(message);
        for (Message arriving : fate.apply(message)) {
            queue.addLast(() -> deliver(arriving));
        }
    }

    void deliver(Message message) {
        nodes.stream()
                .filter(n -> n.endpoint().equals(message.to()))
                .findFirst()
                .ifPresent(n -> n.handle(new IkeInput.Received(
                        message.from(), n.endpoint(), message.bytes().clone())));
    }

    /** Delivers everything that is under way; time stands still. */
    void settle() {
        int steps = 0;
        while (!queue.isEmpty()) {
            queue.removeFirst().run();
            if (++steps > 10_000) {
                throw new AssertionError("messages without end");
            }
        }
    }

    /** Lets time pass, timer by timer. */
    void run(Duration time) {
        long end = nowNs + time.toNanos();
        settle();
        while (true) {
            TestNode next = null;
            for (TestNode node : nodes) {
                if (next == null || node.ike.nextWakeupNs() < next.ike.nextWakeupNs()) {
                    next = node;
                }
            }
            if (next == null || next.ike.nextWakeupNs() > end) {
                nowNs = end;
                return;
            }
            nowNs = Math.max(nowNs, next.ike.nextWakeupNs());
            TestNode due = next;
            transitions.turn(due.ike, "timer", () -> due.ike.onTimer(nowNs, due));
            settle();
        }
    }
}
