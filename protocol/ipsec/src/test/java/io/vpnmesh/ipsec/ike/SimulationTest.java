// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.x509.SuiteName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two engines and everything that can happen between them, once for each seed. */
class SimulationTest {

    private static final int SEEDS = 2_000;

    /** The part that is to be run: {@code -Dvpnmesh.seeds.from=…} and {@code to}, for a run in pieces. */
    private static final long FROM = Long.getLong("vpnmesh.seeds.from", 1);

    private static final long TO = Long.getLong("vpnmesh.seeds.to", 100_000);

    /** Whoever is slower than this has not run them all, and fails: {@code -Dvpnmesh.seeds.minutes=…}. */
    private static final Duration LIMIT = Duration.ofMinutes(Long.getLong("vpnmesh.seeds.minutes", 45));

    private static final int SEEDS_A_LINE = 5_000;

    private final Simulation.Members members = Simulation.Members.of(new TestMesh(SuiteName.DEFAULT));

    /** The first ones are {@link TransitionsTest}'s. */
    @Test
    void whateverHappensBothSidesAgreeAndNothingIsLeftBehind() {
        Simulation.live(members, TransitionsTest.SEEDS + 1, SEEDS, Transitions.unseen());
    }

    @Test
    @Tag("long")
    void whateverHappensForVeryManySeeds() throws InterruptedException, ExecutionException {
        long started = System.nanoTime();
        AtomicLong next = new AtomicLong(FROM);
        AtomicLong done = new AtomicLong();
        AtomicBoolean stop = new AtomicBoolean();
        Callable<Void> lives = () -> {
            for (long seed = next.getAndIncrement(); seed <= TO && !stop.get(); seed = next.getAndIncrement()) {
                try {
                    Simulation.live(members, seed, Transitions.unseen());
                } catch (AssertionError e) {
                    stop.set(true);
                    throw e;
                }
                report(done.incrementAndGet(), started);
                stop.compareAndSet(false, System.nanoTime() - started > LIMIT.toNanos());
            }
            return null;
        };
        int threads = Runtime.getRuntime().availableProcessors();
        List<Callable<Void>> all = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            all.add(lives);
        }
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            for (Future<Void> ended : pool.invokeAll(all)) {
                ended.get();
            }
        }
        assertThat(done.get()).as("seeds within %s", LIMIT).isEqualTo(TO - FROM + 1);
    }

    private static void report(long done, long startedNs) {
        if (done % SEEDS_A_LINE == 0 || done == TO - FROM + 1) {
            double seconds = (System.nanoTime() - startedNs) / 1e9;
            System.out.printf(
                    "simulation: %,d of %,d seeds held in %.0f s, %.0f a second%n",
                    done, TO - FROM + 1, seconds, done / seconds);
        }
    }
}
