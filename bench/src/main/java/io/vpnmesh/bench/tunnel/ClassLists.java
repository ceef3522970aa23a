// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the class archives of the images are made of: {@code make class-lists}. Two sidecars and a relay of the images run
 * as in a pod, with the native cipher library and without, carry traffic and tell their status; the classes that they load are written,
 * sorted, to {@code images/src/main/classes}. To be repeated before a release, and when a start has become slow.
 */
final class ClassLists {

    private static final Duration GOODBYE = Duration.ofSeconds(15);

    /** A lambda's own class, and the invokers behind method handles. */
    private static final String LAMBDA = "@lambda";

    /** A class, and which of its constants were resolved: "@cp NAME INDEX INDEX...". */
    private static final String CONSTANTS = "@cp ";

    private ClassLists() {}

    public static void main(String[] arguments) throws IOException {
        SortedSet<String> sidecar = new TreeSet<>();
        SortedSet<String> relay = new TreeSet<>();
        for (String aead : List.of("ipsec-mb", "jdk")) {
            try (Run run = Run.open("vmcl", Run.Lifetime.TIED)) {
                Path home = live(run, aead);
                for (String node : List.of("left", "right")) {
                    collect(home.resolve(node), sidecar);
                }
                collect(home.resolve("relay"), relay);
            }
        }
        write("sidecar", sidecar);
        write("relay", relay);
    }

    /** Returns the folder of the nodes, all of which have ended. */
    private static Path live(Run run, String aead) {
        Ground ground = Ground.make(run, aead, Ground.Way.WHOLE);
        Contenders images = new Contenders(run);
        SidecarContender product = new SidecarContender(aead, images.sidecar(), images.relay()) {
            @Override
            List<String> environment(Path folder, String verb) {
                return List.of(
                        "JDK_JAVA_OPTIONS=-Xshare:off -XX:DumpLoadedClassList=" + folder.resolve(verb + ".classes"));
            }
        };
        SidecarTunnel tunnel = product.start(run, ground, aead);
        try (Load load = new Load(run, tunnel, aead)) {
            load.tcp(2, 2, false);
            load.tcp(1, 1, true);
            load.echoes(1);
        }
        ground.left().command("curl", "-s", "http://127.0.0.1:29902/metrics").orThrow();
        goodbye(List.of(
                tunnel.left().pid(), tunnel.right().pid(), tunnel.relay().pid()));
        return run.folder(aead);
    }

    /** A list is whole when its process has ended. */
    private static void goodbye(List<Long> processes) {
        processes.forEach(process -> Command.of("kill", "-TERM", "" + process).orThrow());
        Instant deadline = Instant.now().plus(GOODBYE);
        while (processes.stream().anyMatch(process -> ProcessHandle.of(process).isPresent())) {
            if (Instant.now().isAfter(deadline)) {
                throw new LabException("a node does not end within %d s of SIGTERM".formatted(GOODBYE.toSeconds()));
            }
            Machine.pause(Duration.ofMillis(50));
        }
    }

    private static void collect(Path folder, SortedSet<String> into) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> lists =
                    files.filter(file -> file.toString().endsWith(".classes")).toList();
            if (lists.isEmpty()) {
                throw new LabException("no list of classes in " + folder);
            }
            for (Path list : lists) {
                Files.readAllLines(list).stream()
                        .filter(line -> line.startsWith(LAMBDA)
                                || line.startsWith(CONSTANTS)
                                || !line.startsWith("@") && !line.startsWith("#"))
                        // Of another loader than the application's: the product has none.
                        .filter(line -> !line.contains(" source: "))
                        // Numbers in the order of loading, which is never the same twice.
                        .map(line -> line.replaceAll(" id:.*", ""))
                        .forEach(into::add);
            }
        }
    }

    /** Classes first: the dump resolves lambdas and constants only in a class that it has. */
    private static void write(String module, SortedSet<String> lines) throws IOException {
        List<String> sorted = new ArrayList<>();
        lines.stream().filter(line -> !line.startsWith("@")).forEach(sorted::add);
        int classes = sorted.size();
        lines.stream().filter(line -> line.startsWith(LAMBDA)).forEach(sorted::add);
        int lambdas = sorted.size() - classes;
        SortedMap<String, SortedSet<Integer>> constants = new TreeMap<>();
        lines.stream()
                .filter(line -> line.startsWith(CONSTANTS))
                .map(line -> line.split(" "))
                .forEach(words -> {
                    SortedSet<Integer> resolved = constants.computeIfAbsent(words[1], _ -> new TreeSet<>());
                    Arrays.stream(words).skip(2).map(Integer::valueOf).forEach(resolved::add);
                });
        constants.forEach((name, resolved) -> sorted.add(
                CONSTANTS + name + " " + resolved.stream().map(String::valueOf).collect(Collectors.joining(" "))));
        Path file = Tools.repository().resolve("images/src/main/classes").resolve(module + ".lst");
        Files.write(file, sorted);
        System.out.printf("class-lists: %d classes and %d lambdas in %s%n", classes, lambdas, file);
    }
}
