// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.x509.SuiteName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two engines and everything that can happen between them, once for each seed. */
class SimulationTest {

    private static final int SEEDS = 2_000;

    /** The part that is to be run: {@code -Dvpnmesh.seeds.from=…} and {@code to}, for a run in pieces. */
    private static final long FROM = Long.getLong("vpnmesh.seeds.from", SEEDS + 1);

    private static final long TO = Long.getLong("vpnmesh.seeds.to", 100_000);

    private final Simulation.Members members = Simulation.Members.of(new TestMesh(SuiteName.DEFAULT));

    /** The first ones are {@link TransitionsTest}'s. */
    @Test
    void whateverHappensBothSidesAgreeAndNothingIsLeftBehind() {
        Simulation.live(members, TransitionsTest.SEEDS + 1, SEEDS, new Transitions());
    }

    @Test
    @Tag("long")
    void whateverHappensForVeryManySeeds() {
        Simulation.live(members, FROM, TO, new Transitions());
    }
}
