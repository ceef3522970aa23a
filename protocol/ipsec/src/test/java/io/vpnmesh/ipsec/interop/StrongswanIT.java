// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The engine against stock strongSwan: the cells of docs/interop.md, whole ({@code make interop}) or in part. */
class StrongswanIT {

    @TempDir
    Path folder;

    @TestFactory
    @Tag("long")
    @Tag("interop")
    Stream<DynamicNode> cells() throws Exception {
        return new Matrix(installed(), folder).tests(all());
    }

    @TestFactory
    @Tag("lab")
    Stream<DynamicNode> subset() throws Exception {
        return new Matrix(installed(), folder)
                .tests(all().stream().filter(Cell::isInSubset).toList());
    }

    @Test
    void titlesAreUnique() {
        Set<String> titles = new HashSet<>();
        assertThat(all()).allMatch(cell -> titles.add(cell.title()));
    }

    private static List<Cell> all() {
        return Stream.of(
                        SuiteCells.cells(),
                        RefusalCells.cells(),
                        RekeyCells.cells(),
                        LivenessCells.cells(),
                        MoveCells.cells(),
                        MessageCells.cells())
                .flatMap(List::stream)
                .toList();
    }

    /** Skips without root; everything else that is missing is an error, since the front doors install it. */
    private Peer.Factory installed() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "SKIPPED: namespaces need root");
        Charon.Factory factory = new Charon.Factory(folder, Installation.OF_THIS_MACHINE);
        assertThat(factory.version()).isNotBlank();
        return factory;
    }
}
