// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Machine;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.TimerTable;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The conductor: one platform thread that owns every registered machine, feeds it, calls its timers, and hands its
 * output to a {@link Sink}. Only this thread touches machines and the tables that follow from them.
 *
 * <p>Output is handed on after the machine has returned, and input given from a sink waits its turn, so no machine is
 * ever entered twice. Tests leave the thread out and call {@link #step} with their own time.
 *
 * <p>The mailbox is bounded. What comes from the network is {@link #offer}ed: when it is full the new arrival is
 * dropped and counted, as a full socket buffer would. What must not be lost is {@link #post}ed: the caller waits.
 */
public final class MachineDriver implements AutoCloseable {

    /** Receives what a machine puts out, on the conductor's thread, in order. */
    public interface Sink<E> {
        void onTransmit(Datagram datagram);

        void onEvent(E event);
    }

    /** A registered machine; every method belongs to the conductor's thread. */
    public final class Handle<I, E> {
        private final Machine<I, E> machine;
        private final Sink<E> sink;
        private final Outbox<E> outbox;
        private long scheduledNs = TimerTable.NEVER;
        private boolean closed;

        private Handle(Machine<I, E> machine, Sink<E> sink) {
            this.machine = machine;
            this.sink = sink;
            outbox = new Outbox<>() {
                @Override
                public void transmit(Datagram datagram) {
                    ready.add(() -> Handle.this.sink.onTransmit(datagram));
                }

                @Override
                public void event(E event) {
                    ready.add(() -> Handle.this.sink.onEvent(event));
                }
            };
        }

        /** Gives the machine an input after everything that is already waiting. */
        public void input(I input) {
            ready.add(() -> {
                if (!closed) {
                    machine.handle(input, nowNs(), outbox);
                    reschedule();
                }
            });
        }

        /** Forgets the machine: neither timers nor inputs reach it any more. */
        public void close() {
            closed = true;
        }

        private void reschedule() {
            long next = machine.nextWakeupNs();
            if (!closed && next < scheduledNs) {
                scheduledNs = next;
                timers.add(new Wakeup(next, this::onWakeup));
            }
        }

        private void onWakeup(long deadlineNs) {
            if (closed || deadlineNs != scheduledNs) {
                return; // an earlier wake-up took its place
            }
            scheduledNs = TimerTable.NEVER;
            long now = nowNs();
            if (machine.nextWakeupNs() <= now) {
                machine.onTimer(now, outbox);
            }
            reschedule();
        }
    }

    private interface Due {
        void at(long deadlineNs);
    }

    private record Wakeup(long deadlineNs, Due due) implements Comparable<Wakeup> {
        @Override
        public int compareTo(Wakeup other) {
            return Long.compare(deadlineNs, other.deadlineNs);
        }
    }

    private static final System.Logger LOG = System.getLogger(MachineDriver.class.getName());

    /** How long the conductor sleeps when no timer is set; only a bound, a message wakes it. */
    private static final long IDLE_NS = 1_000_000_000L;

    private final LongSupplier clock;
    private final ArrayBlockingQueue<Runnable> mailbox;
    private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
    private final PriorityQueue<Wakeup> timers = new PriorityQueue<>();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private volatile boolean stopping;
    private volatile @Nullable Thread thread;

    public MachineDriver(int mailboxCapacity) {
        this(mailboxCapacity, MonotonicClock::nowNs);
    }

    /** For simulated time. */
    public MachineDriver(int mailboxCapacity, LongSupplier clock) {
        this.clock = clock;
        mailbox = new ArrayBlockingQueue<>(mailboxCapacity);
    }

    public long nowNs() {
        return clock.getAsLong();
    }

    /** Takes a machine over, before {@link #start} or on the conductor's thread. */
    public <I, E> Handle<I, E> register(Machine<I, E> machine, Sink<E> sink) {
        Handle<I, E> handle = new Handle<>(machine, sink);
        handle.reschedule();
        return handle;
    }

    /** From any thread: runs on the conductor unless the mailbox is full; false = dropped and counted. */
    public boolean offer(Runnable message) {
        boolean taken = mailbox.offer(message);
        if (!taken) {
            dropped.increment();
        }
        return taken;
    }

    /** From any thread: runs on the conductor; waits while the mailbox is full. The conductor's own goes first. */
    public void post(Runnable message) {
        if (Thread.currentThread() == thread) {
            ready.add(message);
            return;
        }
        boolean interrupted = false;
        while (!stopping) {
            try {
                if (mailbox.offer(message, 1, TimeUnit.SECONDS)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** On the conductor's thread or before {@link #start}: runs once after the delay. */
    public void after(long delayNs, Runnable task) {
        timers.add(new Wakeup(nowNs() + delayNs, deadline -> task.run()));
    }

    /** On the conductor's thread or before {@link #start}: runs each interval, for as long as the driver lives. */
    public void every(long intervalNs, Runnable task) {
        after(intervalNs, () -> {
            every(intervalNs, task);
            task.run();
        });
    }

    /** Messages from the network that found the mailbox full. */
    public long dropped() {
        return dropped.sum();
    }

    /** Messages, inputs and timers that ended in an exception: bugs of ours, each logged. */
    public long failures() {
        return failures.sum();
    }

    public void start(String threadName) {
        Thread conductor = new Thread(this::run, threadName);
        thread = conductor;
        conductor.start();
    }

    private void run() {
        while (!stopping) {
            long next = step();
            if (stopping) {
                return;
            }
            try {
                Runnable message = mailbox.poll(Math.min(IDLE_NS, Math.max(0, next - nowNs())), TimeUnit.NANOSECONDS);
                if (message != null) {
                    guarded(message);
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    /** Does everything that is due now; returns when to call again, at the latest. */
    public long step() {
        while (true) {
            drainReady();
            Wakeup first = timers.peek();
            if (first != null && first.deadlineNs() <= nowNs()) {
                timers.poll();
                guarded(() -> first.due().at(first.deadlineNs()));
                continue;
            }
            Runnable message = mailbox.poll();
            if (message == null) {
                return first == null ? TimerTable.NEVER : first.deadlineNs();
            }
            guarded(message);
        }
    }

    private void drainReady() {
        for (Runnable next = ready.poll(); next != null; next = ready.poll()) {
            guarded(next);
        }
    }

    /** The rim of the loop: one broken message must not end the process's control. */
    private void guarded(Runnable message) {
        try {
            message.run();
        } catch (RuntimeException e) {
            failures.increment();
            LOG.log(System.Logger.Level.ERROR, "event=conductor-failure", e);
        }
    }

    /** Ends the thread after what is already in the mailbox, and waits for it, 2 seconds at most. */
    @Override
    public void close() {
        Thread conductor = thread;
        if (conductor == null || conductor == Thread.currentThread()) {
            stopping = true;
            return;
        }
        post(() -> stopping = true);
        try {
            conductor.join(2_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
