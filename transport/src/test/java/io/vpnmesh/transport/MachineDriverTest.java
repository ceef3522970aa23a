// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Machine;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.TimerTable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class MachineDriverTest {

    /** Echoes each input as two events and asks for a timer as many nanoseconds later as the input says. */
    private static final class Echo implements Machine<Integer, String> {
        private long deadlineNs = TimerTable.NEVER;
        private boolean inside;

        @Override
        public void handle(Integer input, long nowNs, Outbox<String> out) {
            assertThat(inside).isFalse();
            inside = true;
            if (input < 0) {
                inside = false;
                throw new IllegalStateException("broken input");
            }
            out.event("got " + input);
            out.event("done " + input);
            deadlineNs = input == 0 ? TimerTable.NEVER : nowNs + input;
            inside = false;
        }

        @Override
        public void onTimer(long nowNs, Outbox<String> out) {
            deadlineNs = TimerTable.NEVER;
            out.event("timer at " + nowNs);
        }

        @Override
        public long nextWakeupNs() {
            return deadlineNs;
        }
    }

    private final List<String> log = new ArrayList<>();
    private long nowNs;
    private final MachineDriver driver = new MachineDriver(2, () -> nowNs);

    private final class LogSink implements MachineDriver.Sink<String> {
        @Override
        public void onTransmit(Datagram datagram) {
            log.add("transmit");
        }

        @Override
        public void onEvent(String event) {
            log.add(event);
        }
    }

    private final MachineDriver.Handle<Integer, String> handle = driver.register(new Echo(), new LogSink());

    @Test
    void timerFiresAtItsDeadlineAndNotBefore() {
        handle.input(100);
        assertThat(driver.step()).isEqualTo(100);
        nowNs = 99;
        assertThat(driver.step()).isEqualTo(100);
        nowNs = 100;
        assertThat(driver.step()).isEqualTo(TimerTable.NEVER);

        assertThat(log).containsExactly("got 100", "done 100", "timer at 100");
    }

    @Test
    void earlierDeadlineReplacesALaterOne() {
        handle.input(100);
        driver.step();
        handle.input(10);
        assertThat(driver.step()).isEqualTo(10);
        nowNs = 10;
        driver.step();
        nowNs = 200;
        driver.step();

        assertThat(log).containsExactly("got 100", "done 100", "got 10", "done 10", "timer at 10");
    }

    @Test
    void laterDeadlineIsHonouredToo() {
        handle.input(10);
        driver.step();
        handle.input(100);
        driver.step();
        nowNs = 50;
        driver.step();
        assertThat(log).doesNotContain("timer at 50");
        nowNs = 100;
        driver.step();

        assertThat(log).endsWith("timer at 100");
    }

    @Test
    void inputFromASinkWaitsUntilTheMachineHasReturned() {
        List<MachineDriver.Handle<Integer, String>> self = new ArrayList<>();
        List<String> seen = new ArrayList<>();
        self.add(driver.register(new Echo(), new MachineDriver.Sink<>() {
            @Override
            public void onTransmit(Datagram datagram) {}

            @Override
            public void onEvent(String event) {
                seen.add(event);
                if (event.equals("got 1")) {
                    self.getFirst().input(0);
                }
            }
        }));
        self.getFirst().input(1);
        driver.step();

        assertThat(seen).containsExactly("got 1", "done 1", "got 0", "done 0");
    }

    @Test
    void fullMailboxDropsWhatIsOfferedAndCountsIt() {
        assertThat(driver.offer(() -> log.add("a"))).isTrue();
        assertThat(driver.offer(() -> log.add("b"))).isTrue();
        assertThat(driver.offer(() -> log.add("c"))).isFalse();
        driver.step();

        assertThat(log).containsExactly("a", "b");
        assertThat(driver.dropped()).isEqualTo(1);
    }

    @Test
    void brokenInputIsCountedAndTheRestGoesOn() {
        handle.input(-1);
        handle.input(0);
        driver.step();

        assertThat(driver.failures()).isEqualTo(1);
        assertThat(log).containsExactly("got 0", "done 0");
    }

    @Test
    void closedMachineHearsNothing() {
        handle.input(10);
        driver.step();
        handle.close();
        handle.input(20);
        nowNs = 50;
        driver.step();

        assertThat(log).containsExactly("got 10", "done 10");
    }

    @Test
    void repeatedTaskRunsEachInterval() {
        driver.every(10, () -> log.add("tick " + nowNs));
        for (nowNs = 0; nowNs <= 30; nowNs++) {
            driver.step();
        }

        assertThat(log).containsExactly("tick 10", "tick 20", "tick 30");
    }

    @Test
    void threadDoesWhatWasPostedBeforeItCloses() throws Exception {
        MachineDriver real = new MachineDriver(4);
        CompletableFuture<String> ran = new CompletableFuture<>();
        real.start("conductor-test");
        real.after(1_000_000, () -> {});
        real.post(() -> ran.complete(Thread.currentThread().getName()));

        assertThat(ran.get(5, TimeUnit.SECONDS)).isEqualTo("conductor-test");
        real.close();
    }
}
