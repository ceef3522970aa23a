// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The engine against libreswan ({@code make interop-libreswan}); {@code -Dinterop.root} is what
 * {@code config/interop-root libreswan} has built.
 */
class LibreswanIT {

    @TempDir
    Path folder;

    @TestFactory
    @Tag("libreswan")
    Stream<DynamicNode> cells() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "SKIPPED: namespaces need root");
        String root = System.getProperty("interop.root", "");
        assertThat(root).as("-Dinterop.root; 'make interop-libreswan' sets it").isNotEmpty();
        Libreswan.Factory factory = new Libreswan.Factory(folder, new Installation(Path.of(root)));
        assertThat(factory.version()).isNotBlank();
        return new Matrix(factory, folder)
                .tests(Stream.of(LibreswanCells.cells(), LibreswanExchangeCells.cells())
                        .flatMap(List::stream)
                        .toList());
    }
}
