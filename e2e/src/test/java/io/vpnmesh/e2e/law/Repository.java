// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.law;

import java.nio.file.Files;
import java.nio.file.Path;

/** The checkout that is being built. */
final class Repository {

    private Repository() {}

    static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("charts")) || !Files.exists(folder.resolve("mvnw"))) {
            folder = folder.getParent();
        }
        return folder;
    }
}
