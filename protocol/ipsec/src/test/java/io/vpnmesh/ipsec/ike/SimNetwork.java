// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.net.Endpoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Time, and a network that loses, doubles and reorders IKE messages. It is fair: of one exchange it loses a few datagrams
 * at most, so that whoever repeats gets through before giving up.
 */
final class SimNetwork {

    private static final long MS = 1_000_000L;
    private static final int MAX_LOSSES = 3;
    private static final int LOG_MESSAGES = 400;
    private static final int MAX_STEPS = 100_000;

    private record Due(long atNs, long order, Runnable action) {}

    /** One exchange, whoever of the two asks in it. */
    private record ExchangeKey(long initiatorSpi, int messageId, int type, boolean askedByInitiator) {}

    /** @param from as the receiver sees it; {@code to} an address that a node has or had, or its {@link #relayed} one */
    record Message(PeerRef from, Endpoint to, byte[] bytes) {}

    private final Random random;
    private final PriorityQueue<Due> due =
            new PriorityQueue<>(Comparator.comparingLong(Due::atNs).thenComparingLong(Due::order));
    private final Map<ExchangeKey, Integer> losses = new HashMap<>();
    private final Map<Endpoint, SimNode> nodes = new LinkedHashMap<>();
    private final Transitions transitions;
    private final List<Message> log = new ArrayList<>();
    private long order;
    private long nowNs = 1_000 * MS;
    private boolean rough = true;

    SimNetwork(Random random, Transitions transitions) {
        this.random = random;
        this.transitions = transitions;
    }

    Transitions transitions() {
        return transitions;
    }

    long nowNs() {
        return nowNs;
    }

    /** Where the relay takes signalling for a node, whatever its own address is. */
    static Endpoint relayed(int number) {
        return Endpoint.parse("198.51.100." + number + ":1");
    }

    /** The node that receives here from now on. */
    void attach(Endpoint at, SimNode node) {
        nodes.put(at, node);
    }

    /** It receives nowhere any more. */
    void detach(SimNode node) {
        nodes.values().removeIf(there -> there == node);
    }

    /** Nobody receives here any more. */
    void detach(Endpoint at) {
        nodes.remove(at);
    }

    /** Nothing is lost, doubled or late any more, but for what is under way. */
    void calm() {
        rough = false;
    }

    /** The last messages that were sent. */
    List<Message> log() {
        return List.copyOf(log);
    }

    void later(long afterNs, Runnable action) {
        due.add(new Due(nowNs + afterNs, order++, action));
    }

    /** A way through the network. */
    long delayNs() {
        long delay = (5 + random.nextInt(45)) * MS;
        return rough && random.nextInt(6) == 0 ? delay + random.nextInt(1_500) * MS : delay;
    }

    void send(Message message) {
        if (log.size() == LOG_MESSAGES) {
            log.removeFirst();
        }
        log.add(message);
        if (rough && random.nextInt(4) == 0 && losses.merge(key(message.bytes), 1, Integer::sum) <= MAX_LOSSES) {
            return;
        }
        deliverLater(message);
        if (rough && random.nextInt(6) == 0) {
            deliverLater(message);
        }
    }

    private void deliverLater(Message message) {
        later(delayNs(), () -> deliver(message));
    }

    void deliver(Message message) {
        SimNode node = nodes.get(message.to);
        if (node != null) {
            Endpoint at = message.from instanceof PeerRef.Signalled ? Endpoint.UNSPECIFIED : message.to;
            node.handle(new IkeInput.Received(message.from, at, message.bytes.clone()));
        }
    }

    /** A packet on its way to whoever is there when it arrives. */
    void sendPacket(Endpoint to, byte[] buffer, int length) {
        later(delayNs(), () -> {
            SimNode node = nodes.get(to);
            if (node != null) {
                node.receivePacket(buffer, length);
            }
        });
    }

    private static ExchangeKey key(byte[] bytes) {
        ByteBuffer header = ByteBuffer.wrap(bytes);
        int flags = bytes[19];
        boolean fromInitiator = (flags & 0x08) != 0;
        boolean response = (flags & 0x20) != 0;
        return new ExchangeKey(header.getLong(0), header.getInt(20), bytes[18], fromInitiator != response);
    }

    /** Lets time pass, event by event. */
    void run(long forNs) {
        long end = nowNs + forNs;
        int steps = 0;
        while (true) {
            if (++steps > MAX_STEPS) {
                throw new AssertionError("time stands still");
            }
            SimNode next = null;
            for (SimNode node : nodes.values()) {
                if (next == null || node.ike.nextWakeupNs() < next.ike.nextWakeupNs()) {
                    next = node;
                }
            }
            long wakeup = next == null ? Long.MAX_VALUE : next.ike.nextWakeupNs();
            Due first = due.peek();
            long at = Math.min(wakeup, first == null ? Long.MAX_VALUE : first.atNs);
            if (at > end) {
                nowNs = end;
                return;
            }
            nowNs = Math.max(nowNs, at);
            if (first != null && first.atNs <= wakeup) {
                due.remove();
                first.action.run();
            } else if (next != null) {
                SimNode due = next;
                transitions.turn(due.ike, "timer", () -> due.ike.onTimer(nowNs, due));
            }
        }
    }
}
