// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;

/// One use of the lab. Everything that is made belongs to a run, carries its name as prefix and is taken down by
/// [#close()], which also runs on failure and on Ctrl-C. What a killed run left is taken down by the next [#open].
public final class Run implements AutoCloseable {
    /// TIED: all of it ends with this process, even with `kill -9`. DETACHED: it stays until [#destroy].
    public enum Lifetime {
        TIED,
        DETACHED
    }

    /// Interface names carry the prefix and have 15 characters at most.
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]{0,5}");

    private final String name;
    private final Path folder;
    private final Lifetime lifetime;
    private final Journal journal;
    private final Deque<AutoCloseable> closers = new ArrayDeque<>();
    private final Thread hook = new Thread(this::takeDown, "lab-down");
    private volatile boolean isDown;

    private Run(String name, Lifetime lifetime) {
        this.name = name;
        this.folder = root().resolve(name);
        this.lifetime = lifetime;
        this.journal = new Journal(folder);
    }

    /// Opens a run, after taking down what dead runs (and a detached one of the same name) left behind.
    /// Errors: [LabException] when a living process uses the name, when not root, or for a name that is not
    /// `[a-z][a-z0-9]{0,5}`.
    public static Run open(String name, Lifetime lifetime) {
        if (!NAME.matcher(name).matches()) {
            throw new LabException(
                    "run name %s: use one letter and up to five letters or digits, such as vm1".formatted(name));
        }
        if (!Machine.isRoot()) {
            throw new LabException("the lab makes network namespaces and cgroups: run it as root");
        }
        Leftovers.takeDown(root());
        var run = new Run(name, lifetime);
        Leftovers.claim(run.folder, lifetime);
        if (lifetime == Lifetime.TIED) {
            Runtime.getRuntime().addShutdownHook(run.hook);
        }
        return run;
    }

    /// Takes down a detached run, or does nothing when there is none of that name.
    public static void destroy(String name) {
        Leftovers.takeDownRun(root().resolve(name));
    }

    /// Names of the runs that are there, for a person who looks around.
    public static List<String> names() {
        return Leftovers.runFolders(root()).stream()
                .map(path -> path.getFileName().toString())
                .toList();
    }

    static Path root() {
        return Path.of(System.getProperty("java.io.tmpdir"), "vpnmesh-lab");
    }

    public String name() {
        return name;
    }

    public Lifetime lifetime() {
        return lifetime;
    }

    /// A folder below the run's own, made when it is not there; it goes with the run.
    public Path folder(String child) {
        try {
            return Files.createDirectories(folder.resolve(child));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Remembers something to close before the run is taken down; last in, first out.
    public synchronized <T extends AutoCloseable> T closing(T closeable) {
        closers.push(closeable);
        return closeable;
    }

    public void ownsNamespace(String namespace) {
        owns(Journal.Kind.NAMESPACE, namespace);
    }

    /// An interface in the machine's own namespace.
    public void ownsLink(String link) {
        owns(Journal.Kind.LINK, link);
    }

    /// A cgroup path such as `/vm1-a`, present below each v1 controller or in the unified hierarchy.
    public void ownsCgroup(String path) {
        owns(Journal.Kind.CGROUP, path);
    }

    public void ownsProcess(long pid) {
        Journal.identityOf(pid).ifPresent(identity -> owns(Journal.Kind.PROCESS, identity));
    }

    /// Ctrl-C may come while other threads still build: they must not make anything that nobody takes down any more.
    private void owns(Journal.Kind kind, String value) {
        if (isDown) {
            throw new LabException("run %s is being taken down".formatted(name));
        }
        journal.add(kind, value);
    }

    /// Takes a TIED run down. A DETACHED one keeps running: only what this process holds (watches, clients) is closed.
    @Override
    public void close() {
        if (lifetime == Lifetime.TIED) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException _) {
                // The process is ending: the hook does it.
            }
        }
        takeDown();
    }

    /// Takes the run down whatever its lifetime: what could not be built whole must not stay.
    public void abandon() {
        close();
        Leftovers.takeDownRun(folder);
    }

    private synchronized void takeDown() {
        if (isDown) {
            return;
        }
        isDown = true;
        while (!closers.isEmpty()) {
            try {
                closers.pop().close();
            } catch (Exception e) {
                System.err.println("lab: while taking down " + name + ": " + e.getMessage());
            }
        }
        if (lifetime == Lifetime.TIED) {
            Leftovers.takeDownRun(folder);
        }
    }
}
