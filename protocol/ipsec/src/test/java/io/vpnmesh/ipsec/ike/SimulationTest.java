// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.x509.SuiteName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two engines and everything that can happen between them, once for each seed. */
class SimulationTest {

    private static final int SEEDS = 2_000;
    private static final int MANY_SEEDS = 100_000;

    private final Simulation.Members members = Simulation.Members.of(new TestMesh(SuiteName.DEFAULT));

    @Test
    void whateverHappensBothSidesAgreeAndNothingIsLeftBehind() {
        simulate(1, SEEDS);
    }

    @Test
    @Tag("long")
    void whateverHappensForVeryManySeeds() {
        simulate(SEEDS + 1, MANY_SEEDS);
    }

    private void simulate(long first, long last) {
        for (long seed = first; seed <= last; seed++) {
            try {
                new Simulation(members, seed).run();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
            }
        }
    }
}
