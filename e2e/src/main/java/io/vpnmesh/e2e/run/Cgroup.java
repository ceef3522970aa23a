// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/// The cgroup of one node, in every v1 hierarchy or in the unified one. Several kubelets on one machine need one
/// each, or each deletes the others' pods as orphans.
///
/// @param path absolute inside a hierarchy, such as `/vm1-a`
public record Cgroup(String path) {
    private static final Path MOUNT = Path.of("/sys/fs/cgroup");
    private static final List<String> CPUSET_FILES = List.of("cpuset.cpus", "cpuset.mems");

    public void create() {
        try {
            if (Files.exists(MOUNT.resolve("cgroup.controllers"))) {
                createUnified();
                return;
            }
            for (var hierarchy : hierarchies()) {
                if (hierarchy.endsWith("unified")) {
                    continue;
                }
                var folder = Files.createDirectories(below(hierarchy));
                // A v1 cpuset starts empty, and nothing can run in it then.
                for (var name : CPUSET_FILES) {
                    if (Files.exists(folder.resolve(name))) {
                        Files.writeString(folder.resolve(name), Files.readString(hierarchy.resolve(name)));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the cgroup " + path, e);
        }
    }

    /// Removes it with all below. Returns false when something still runs in it, or the kernel has not let go of it
    /// yet.
    public boolean remove() {
        return hierarchies().stream()
                .map(this::below)
                .filter(Files::isDirectory)
                .map(Cgroup::removeTree)
                .reduce(true, Boolean::logicalAnd);
    }

    private void createUnified() throws IOException {
        Files.createDirectories(below(MOUNT));
        var control = MOUNT.resolve("cgroup.subtree_control");
        for (var controller :
                Files.readString(MOUNT.resolve("cgroup.controllers")).strip().split(" ", -1)) {
            try {
                Files.writeString(control, "+" + controller);
            } catch (IOException e) {
                // In a container the root may hold processes, and then controllers cannot be handed down; the
                // kubelet names what it lacks.
                System.err.println("lab: cgroup controller %s: %s".formatted(controller, e.getMessage()));
            }
        }
    }

    private Path below(Path hierarchy) {
        return Path.of(hierarchy + path);
    }

    private static List<Path> hierarchies() {
        if (Files.exists(MOUNT.resolve("cgroup.controllers"))) {
            return List.of(MOUNT);
        }
        try (var children = Files.list(MOUNT)) {
            return children.filter(child -> Files.isDirectory(child) && !Files.isSymbolicLink(child))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean removeTree(Path top) {
        try (var tree = Files.walk(top)) {
            // Only folders: the files in a cgroup go with it.
            for (var folder : tree.filter(Files::isDirectory)
                    .sorted(Comparator.reverseOrder())
                    .toList()) {
                Files.deleteIfExists(folder);
            }
            return true;
        } catch (IOException | UncheckedIOException _) {
            return false;
        }
    }
}
