// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * One cell of the matrix.
 *
 * @param name unique together with the role
 * @param must what must be seen, for the printed matrix
 * @param isInSubset whether {@code make test} runs it
 */
record Cell(String name, Role role, Setup setup, String must, boolean isInSubset, Scenario scenario) {

    /** What happens; an AssertionError says what should have happened. */
    interface Scenario {
        void play(Meeting meeting) throws IOException;
    }

    static Cell of(String name, Role role, Setup setup, String must, Scenario scenario) {
        return new Cell(name, role, setup, must, false, scenario);
    }

    /** The same in both roles. */
    static List<Cell> both(String name, Setup setup, String must, Scenario scenario) {
        return Stream.of(Role.values())
                .map(role -> of(name, role, setup, must, scenario))
                .toList();
    }

    Cell inSubset() {
        return new Cell(name, role, setup, must, true, scenario);
    }

    String title() {
        return role.label() + " " + name;
    }
}
