// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

import io.vpnmesh.core.Machine;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.net.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * The internet and its time. It jumps to the next event: a packet that arrives, a machine that wants to wake, a planned
 * action. The same seed gives the same run. One thread, no sleeping.
 */
public final class SimWorld implements SimNetwork {

    /** Routers between any two networks, so that a low time to live dies there. */
    private static final int CORE_HOPS = 4;
    /** A machine that wants to wake at the same instant for ever is broken. */
    private static final int MAX_STEPS_PER_INSTANT = 10_000;

    private record Planned(long atNs, long order, Runnable action) implements Comparable<Planned> {
        @Override
        public int compareTo(Planned other) {
            return atNs != other.atNs ? Long.compare(atNs, other.atNs) : Long.compare(order, other.order);
        }
    }

    private record Driven<E>(Machine<?, E> machine, Outbox<E> outbox) {
        void wake(long nowNs) {
            machine.onTimer(nowNs, outbox);
        }
    }

    private final SimClock clock = new SimClock();
    private final RandomGenerator random;
    private final PriorityQueue<Planned> queue = new PriorityQueue<>();
    private final Map<IpAddress, SimNode> nodes = new HashMap<>();
    private final List<Driven<?>> machines = new ArrayList<>();
    private long order;
    private int stepsHere;

    public SimWorld(long seed) {
        random = new Random(seed);
    }

    public SimClock clock() {
        return clock;
    }

    public long nowNs() {
        return clock.nowNs();
    }

    public RandomGenerator random() {
        return random;
    }

    /** Wakes the machine at its deadlines from here on. */
    public <E> void drive(Machine<?, E> machine, Outbox<E> outbox) {
        machines.add(new Driven<>(machine, outbox));
    }

    public void stopDriving(Machine<?, ?> machine) {
        machines.removeIf(driven -> driven.machine() == machine);
    }

    public void after(long delayNs, Runnable action) {
        queue.add(new Planned(clock.nowNs() + delayNs, order++, action));
    }

    /** Repeats the action until the world ends. */
    public void every(long periodNs, Runnable action) {
        after(periodNs, () -> {
            action.run();
            every(periodNs, action);
        });
    }

    public void runFor(long durationNs) {
        long endNs = clock.nowNs() + durationNs;
        while (nextNs() <= endNs) {
            step();
        }
        clock.advanceTo(endNs);
    }

    /** True as soon as the condition holds; false when it does not within that time. */
    public boolean runUntil(BooleanSupplier condition, long limitNs) {
        long endNs = clock.nowNs() + limitNs;
        while (!condition.getAsBoolean()) {
            if (nextNs() > endNs) {
                clock.advanceTo(endNs);
                return condition.getAsBoolean();
            }
            step();
        }
        return true;
    }

    private long nextNs() {
        long next = queue.isEmpty() ? Long.MAX_VALUE : queue.peek().atNs();
        for (Driven<?> driven : machines) {
            next = Math.min(next, driven.machine().nextWakeupNs());
        }
        return next;
    }

    private void step() {
        long next = Math.max(nextNs(), clock.nowNs());
        stepsHere = next == clock.nowNs() ? stepsHere + 1 : 0;
        if (stepsHere > MAX_STEPS_PER_INSTANT) {
            throw new IllegalStateException("time stands still at " + next + " ns: a machine asks to wake for ever");
        }
        clock.advanceTo(next);
        while (!queue.isEmpty() && queue.peek().atNs() <= next) {
            queue.remove().action().run();
        }
        for (Driven<?> driven : List.copyOf(machines)) {
            if (driven.machine().nextWakeupNs() <= next) {
                driven.wake(next);
            }
        }
    }

    @Override
    public void plug(IpAddress address, SimNode node) {
        nodes.put(address, node);
    }

    @Override
    public void unplug(IpAddress address) {
        nodes.remove(address);
    }

    @Override
    public void route(SimPacket packet, SimLink link) {
        SimNode target = nodes.get(packet.destination().address());
        SimPacket routed = packet.hops(CORE_HOPS);
        if (target == null
                || routed.ttl() <= 0
                || link.drops(this)
                || target.link().drops(this)) {
            return;
        }
        after(link.delayNs() + target.link().delayNs(), () -> target.arrive(routed));
    }

    @Override
    public SimWorld world() {
        return this;
    }
}
