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
import java.util.List;

/**
 * A rival, started by its script in {@code bench/rivals}.
 *
 * @param name as tables show it
 * @param script file name and a first word for it, such as {@code wireguard debian}
 */
record ScriptContender(String name, List<String> script) implements Contender {

    private static final String FOLDER = "bench/rivals";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final String LEFT = "10.201.0.1";
    private static final String RIGHT = "10.201.0.2";

    static ScriptContender of(String name, String... script) {
        return new ScriptContender(name, List.of(script));
    }

    @Override
    public String version() {
        return call("version")
                .lines()
                .reduce((a, b) -> a + ", " + b)
                .orElseThrow(() -> new LabException(script + " version says nothing"));
    }

    @Override
    public Tunnel start(Run run, Ground ground, String label) {
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
        List<Long> processes = lines(folder, "pids").stream()
                .map(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
                .toList();
        processes.forEach(run::ownsProcess);
        String right = lines(folder, "addresses").getLast();
        return new Standing(ground, right, processes, () -> call("down", folder.toString()));
    }

    private String call(String... arguments) {
        String[] words = new String[script.size() + arguments.length];
        words[0] = Tools.repository().resolve(FOLDER).resolve(script.getFirst()).toString();
        for (int i = 1; i < script.size(); i++) {
            words[i] = script.get(i);
        }
        System.arraycopy(arguments, 0, words, script.size(), arguments.length);
        return Command.of(words).timeout(PATIENCE).orThrow();
    }

    private static List<String> lines(Path folder, String file) {
        try {
            return Files.readAllLines(folder.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Standing(Ground ground, String rightAddress, List<Long> processes, Runnable down) implements Tunnel {

        @Override
        public void close() {
            down.run();
        }
    }
}
