// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * A rival, started by its script in {@code bench/rivals}.
 *
 * @param name as tables show it
 * @param script file name in {@code bench/rivals}
 * @param environment NAME=VALUE, see {@code bench/rivals/verbs}
 * @param counted tag of the end whose processes count, or an empty text for all
 */
record ScriptContender(String name, String script, List<String> environment, String counted) implements Contender {

    private static final String FOLDER = "bench/rivals";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String LEFT = "10.201.0.1";
    private static final String RIGHT = "10.201.0.2";
    private static final String HUB = "10.201.0.254";

    static ScriptContender of(String name, String script) {
        return new ScriptContender(name, script, List.of(), "");
    }

    /** @param peers how often the right end stands */
    static ScriptContender star(String name, String script, int peers) {
        return new ScriptContender(name, script, List.of("PEERS=" + peers), "");
    }

    /** All packets pass a third process, its relay, which alone is counted. */
    static ScriptContender relayed(String name, String script, RelayGround ground) {
        return new ScriptContender(name, script, List.of("HUB=" + ground.words(HUB)), "m");
    }

    @Override
    public String version() {
        return call("version")
                .lines()
                .reduce((a, b) -> a + ", " + b)
                .orElseThrow(() -> new LabException(script + " version says nothing"));
    }

    @Override
    public Standing start(Run run, Ground ground, String label) {
        Path folder = run.folder(label);
        run.closing(() -> call("down", folder.toString()));
        call(
                "up",
                ground.left().name(),
                ground.right().name(),
                ground.leftAddress(),
                ground.rightAddress(),
                LEFT,
                RIGHT,
                folder.toString());
        List<String> addresses = lines(folder, "addresses");
        Standing standing = new Standing(run, ground, addresses.subList(1, addresses.size()), folder);
        standing.processes("").forEach(run::ownsProcess);
        return standing;
    }

    private String call(String... arguments) {
        List<String> words = new ArrayList<>(List.of("env"));
        words.addAll(environment);
        words.add(Tools.repository().resolve(FOLDER).resolve(script).toString());
        words.addAll(List.of(arguments));
        return Command.of(words).timeout(PATIENCE).orThrow();
    }

    private static List<String> lines(Path folder, String file) {
        try {
            return Files.readAllLines(folder.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** It stands. */
    final class Standing implements Tunnel {

        private final Run run;
        private final Ground ground;
        private final List<String> rightAddresses;
        private final Path folder;

        private Standing(Run run, Ground ground, List<String> rightAddresses, Path folder) {
            this.run = run;
            this.ground = ground;
            this.rightAddresses = rightAddresses;
            this.folder = folder;
        }

        @Override
        public Ground ground() {
            return ground;
        }

        @Override
        public String rightAddress() {
            return rightAddresses.getFirst();
        }

        @Override
        public List<String> rightAddresses() {
            return rightAddresses;
        }

        @Override
        public List<Long> processes() {
            return processes(counted);
        }

        private List<Long> processes(String tag) {
            return lines(folder, "pids").stream()
                    .filter(line -> tag.isEmpty() || line.startsWith(tag + " "))
                    .map(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
                    .toList();
        }

        /** Both ends, not what is between them. */
        void haltEnds() {
            call("halt", folder.toString(), "a");
            call("halt", folder.toString(), "b");
        }

        @Override
        public void haltLeft() {
            call("halt", folder.toString());
        }

        @Override
        public long startLeft() {
            call("again", folder.toString());
            processes("").forEach(run::ownsProcess);
            long startedUs = Long.parseLong(lines(folder, "a.started").getFirst());
            long agoUs = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()) - startedUs;
            return System.nanoTime() - agoUs * 1000;
        }

        @Override
        public void close() {
            call("down", folder.toString());
        }
    }
}
