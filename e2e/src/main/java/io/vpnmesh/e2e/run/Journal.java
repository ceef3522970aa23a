// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;

/// What one run has made that outlives a process: written **before** the thing is made, so that a crash leaves
/// nothing unknown. A line is `kind value`; a process is `pid start`, because a pid alone may belong to somebody else
/// by the time it is read.
final class Journal {
    enum Kind {
        OWNER,
        DETACHED,
        PROCESS,
        CGROUP,
        NAMESPACE,
        LINK
    }

    record Entry(Kind kind, String value) {}

    private final Path file;

    Journal(Path folder) {
        this.file = folder.resolve("journal");
    }

    synchronized void add(Kind kind, String value) {
        try {
            Files.writeString(
                    file,
                    kind + " " + value + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND,
                    StandardOpenOption.SYNC);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// All complete lines; a last line cut by a crash names nothing that was made.
    List<Entry> entries() {
        try {
            if (!Files.exists(file)) {
                return List.of();
            }
            return Files.readAllLines(file).stream()
                    .map(Journal::parse)
                    .flatMap(Optional::stream)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> values(Kind kind) {
        return entries().stream()
                .filter(entry -> entry.kind() == kind)
                .map(Entry::value)
                .toList();
    }

    /// `pid start`, the second being the process' start time in clock ticks since boot (field 22 of /proc/PID/stat).
    static Optional<String> identityOf(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            // The name in field 2 may hold blanks and parentheses: count from behind the last one.
            var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return fields[0].equals("Z") ? Optional.empty() : Optional.of(pid + " " + fields[19]);
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    static boolean isAlive(String identity) {
        return identityOf(pid(identity)).filter(identity::equals).isPresent();
    }

    static long pid(String identity) {
        return Long.parseLong(identity.substring(0, identity.indexOf(' ')));
    }

    private static Optional<Entry> parse(String line) {
        var blank = line.indexOf(' ');
        try {
            return blank < 0
                    ? Optional.empty()
                    : Optional.of(new Entry(Kind.valueOf(line.substring(0, blank)), line.substring(blank + 1)));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
