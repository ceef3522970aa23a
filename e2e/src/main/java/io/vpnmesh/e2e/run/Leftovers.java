// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Takes down what a journal names: processes first (with each goes a whole PID and mount namespace), then links,
/// namespaces, cgroups and the folder. Safe to repeat, and used for the ordinary end as well as after a crash.
final class Leftovers {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Leftovers() {}

    /// All runs whose owner is dead and that were not meant to outlive it.
    static void takeDown(Path root) {
        locked(
                root,
                () -> runFolders(root).stream().filter(Leftovers::isAbandoned).forEach(folder -> {
                    System.err.println("lab: taking down what an earlier run left in " + folder);
                    takeDownRun(folder);
                }));
    }

    /// Makes the folder ours. Errors: [LabException] when a living process owns it.
    static void claim(Path folder, Run.Lifetime lifetime) {
        locked(parent(folder), () -> {
            var owners = new Journal(folder).values(Journal.Kind.OWNER);
            if (owners.stream().anyMatch(Journal::isAlive)) {
                throw new LabException("run %s is in use by process %d: choose another name or end it"
                        .formatted(folder.getFileName(), Journal.pid(owners.getFirst())));
            }
            takeDownRun(folder);
            try {
                Files.createDirectories(folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            var journal = new Journal(folder);
            journal.add(
                    Journal.Kind.OWNER,
                    Journal.identityOf(ProcessHandle.current().pid()).orElseThrow());
            if (lifetime == Run.Lifetime.DETACHED) {
                journal.add(Journal.Kind.DETACHED, "until destroyed");
            }
        });
    }

    static List<Path> runFolders(Path root) {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        try (var children = Files.list(root)) {
            return children.filter(Files::isDirectory).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void takeDownRun(Path folder) {
        if (!Files.isDirectory(folder)) {
            return;
        }
        var journal = new Journal(folder);
        var processes = journal.values(Journal.Kind.PROCESS);
        processes.stream().filter(Journal::isAlive).forEach(Leftovers::kill);
        await("processes of " + folder, () -> processes.stream().noneMatch(Journal::isAlive));
        journal.values(Journal.Kind.LINK)
                .forEach(link -> Command.of("ip", "link", "delete", link).run());
        journal.values(Journal.Kind.NAMESPACE)
                .forEach(namespace ->
                        Command.of("ip", "netns", "delete", namespace).run());
        journal.values(Journal.Kind.CGROUP).forEach(path -> await("cgroup " + path, () -> new Cgroup(path).remove()));
        deleteTree(folder);
    }

    private static boolean isAbandoned(Path folder) {
        var journal = new Journal(folder);
        return journal.values(Journal.Kind.DETACHED).isEmpty()
                && journal.values(Journal.Kind.OWNER).stream().noneMatch(Journal::isAlive);
    }

    private static void kill(String identity) {
        ProcessHandle.of(Journal.pid(identity)).ifPresent(ProcessHandle::destroyForcibly);
    }

    /// The kernel takes a moment to end a PID namespace with some hundred processes in it.
    private static void await(String what, BooleanSupplier condition) {
        var end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                System.err.println("lab: still there after %d s: %s".formatted(PATIENCE.toSeconds(), what));
                return;
            }
            Machine.pause(Duration.ofMillis(20));
        }
    }

    private static void deleteTree(Path folder) {
        try (var tree = Files.walk(folder)) {
            // Everything mounted below was mounted in the dead mount namespaces only: this deletes plain files.
            for (var path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException | UncheckedIOException e) {
            System.err.println("lab: cannot delete %s: %s".formatted(folder, e.getMessage()));
        }
    }

    private static void locked(Path root, Runnable work) {
        try {
            Files.createDirectories(root);
            try (var channel = FileChannel.open(
                            root.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var _ = channel.lock()) {
                work.run();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path parent(Path folder) {
        var parent = folder.getParent();
        if (parent == null) {
            throw new IllegalArgumentException(folder + " has no parent");
        }
        return parent;
    }
}
