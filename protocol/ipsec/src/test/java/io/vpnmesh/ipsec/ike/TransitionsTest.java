// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The state machine as a picture: every transition that the scripts and the first seeds of the simulation make, against
 * the ones that are committed. A new one may be right, but nobody shall bring it about without seeing it.
 */
class TransitionsTest {

    static final int SEEDS = 800;

    private static final Path SNAPSHOT = Path.of("src/test/resources/io/vpnmesh/ipsec/ike/transitions.txt");
    private static final String REFRESH = "vpnmesh.refresh";

    private final Transitions seen = new Transitions();

    @Test
    void everyTransitionIsKnownAndNoneHasGone() throws IOException {
        WireScriptTest.all().forEach(told -> told.run(seen));
        Simulation.live(Simulation.Members.of(TestMesh.repeatable()), 1, SEEDS, seen);

        List<String> committed = Files.readAllLines(SNAPSHOT);
        List<String> remarks =
                committed.stream().filter(line -> line.startsWith("#")).toList();
        Set<String> known = committed.stream()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .collect(Collectors.toCollection(TreeSet::new));
        if (Boolean.getBoolean(REFRESH)) {
            List<String> fresh = new ArrayList<>(remarks);
            fresh.addAll(seen.all());
            Files.write(SNAPSHOT, fresh);
            return;
        }
        String difference = difference(known, seen.all());
        if (!difference.isEmpty()) {
            fail("the state machine differs from " + SNAPSHOT + " (+ appeared, - gone):\n" + difference
                    + "If that is meant, say so: ./mvnw -pl protocol/ipsec -am verify -Dtest=TransitionsTest -D"
                    + REFRESH
                    + "=true, read the diff, and commit it.");
        }
    }

    private static String difference(Set<String> known, Set<String> seen) {
        Set<String> all = new TreeSet<>(known);
        all.addAll(seen);
        return all.stream()
                .filter(line -> !known.contains(line) || !seen.contains(line))
                .map(line -> (known.contains(line) ? "- " : "+ ") + line + "\n")
                .collect(Collectors.joining());
    }

    @Test
    void whatAppearsAndWhatGoesIsShown() {
        assertThat(difference(Set.of("a", "b"), Set.of("b", "c"))).isEqualTo("- a\n+ c\n");
    }
}
