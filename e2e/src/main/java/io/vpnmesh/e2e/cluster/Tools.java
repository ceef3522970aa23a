// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The folder with the programs of a node, as `e2e/tools/build` leaves it.
///
/// @param bin holds kube-apiserver, kubelet, containerd, the CNI plugins, helm and the rest
public record Tools(Path bin) {
    private static final String SCRIPT = "e2e/tools/build";

    /// Errors: [LabException] naming the build command when something is missing.
    public static Tools located() {
        var script = repository().resolve(SCRIPT);
        var result = Command.of(script.toString(), "--path").run();
        if (!result.isSuccess()) {
            throw new LabException("programs of the lab's clusters are missing: run " + script);
        }
        return new Tools(Path.of(result.out().strip()));
    }

    /// Why the tools cannot be used, with the fix; empty when they can.
    public static Optional<String> obstacle() {
        try {
            located();
            return Optional.empty();
        } catch (LabException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    public Path program(String name) {
        return bin.resolve(name);
    }

    /// Changes with the version of any program in it.
    public String version() {
        return String.valueOf(bin.resolveSibling("").getFileName());
    }

    /// Where finished images are kept between runs.
    public static Path cache() {
        var explicit = System.getenv("VPNMESH_CACHE");
        if (explicit != null && !explicit.isBlank()) {
            return Path.of(explicit);
        }
        var base = System.getenv("XDG_CACHE_HOME");
        return (base == null || base.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(base))
                .resolve("vpnmesh");
    }

    /// The checkout: the nearest folder upwards that has the tools' script. Maven runs tests in the module's folder,
    /// people in the root.
    public static Path repository() {
        var explicit = System.getProperty("vpnmesh.repository");
        if (explicit != null) {
            return Path.of(explicit);
        }
        for (var folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            if (Files.isRegularFile(folder.resolve(SCRIPT))) {
                return folder;
            }
        }
        throw new LabException("%s is not found from %s upwards: start in the checkout, or set -Dvpnmesh.repository=…"
                .formatted(SCRIPT, Path.of("").toAbsolutePath()));
    }
}
