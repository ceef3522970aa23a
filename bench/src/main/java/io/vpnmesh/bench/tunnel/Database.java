// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** PostgreSQL on the right host of a tunnel, asked by pgbench from the left: what an application feels of the tunnel. */
final class Database implements AutoCloseable {

    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");
    private static final String USER = "postgres";
    private static final int CLIENTS = 8;
    private static final int THREADS = 2;
    private static final int SCALE = 5;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Pattern PER_SECOND = Pattern.compile("(?m)^tps = ([0-9.]+)");

    private final Tunnel tunnel;
    private final Path programs;
    private final Process server;

    private Database(Tunnel tunnel, Path programs, Process server) {
        this.tunnel = tunnel;
        this.programs = programs;
        this.server = server;
    }

    /** Makes a filled cluster, to be copied for each tunnel. Errors: LabException when PostgreSQL is not installed. */
    static Path template(Run run) {
        Path folder = run.folder("database");
        Path template = folder.resolve("template");
        Path programs = programs();
        Command.of("chown", USER + ":", folder.toString()).orThrow();
        asUser(programs.resolve("initdb").toString(), "-D", template.toString(), "-A", "trust", "--no-sync");
        try {
            Files.writeString(
                    template.resolve("pg_hba.conf"), "host all all 0.0.0.0/0 trust\n", StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String quiet = "-c listen_addresses='' -c fsync=off -k " + folder;
        control(programs, template, folder, "-o", quiet, "start");
        try {
            asUser(
                    programs.resolve("pgbench").toString(),
                    "-i",
                    "-q",
                    "-s",
                    "" + SCALE,
                    "-h",
                    folder.toString(),
                    "postgres");
        } finally {
            control(programs, template, folder, "-m", "fast", "stop");
        }
        return template;
    }

    private static Path programs() {
        try (Stream<Path> versions = Files.isDirectory(INSTALLED) ? Files.list(INSTALLED) : Stream.of()) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.exists(bin.resolve("postgres")))
                    .max(Path::compareTo)
                    .orElseThrow(() -> new LabException("no PostgreSQL in " + INSTALLED + ": run bench/rivals/build"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void control(Path programs, Path data, Path folder, String... arguments) {
        List<String> words = new ArrayList<>(List.of(
                programs.resolve("pg_ctl").toString(),
                "-w",
                "-D",
                data.toString(),
                "-l",
                folder.resolve("template.log").toString()));
        words.addAll(List.of(arguments));
        asUser(words.toArray(String[]::new));
    }

    private static void asUser(String... command) {
        Command.of(command).behind(user()).timeout(PATIENCE).orThrow();
    }

    /** It refuses to be root. */
    private static List<String> user() {
        return List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--init-groups", "--");
    }

    /** Starts a copy on the right host, at its address inside the tunnel. */
    static Database start(Run run, Path template, Tunnel tunnel, String label) {
        Path folder = template.resolveSibling(label);
        Command.of("cp", "-a", template.toString(), folder.toString()).orThrow();
        Path programs = programs();
        List<String> words = new ArrayList<>(tunnel.ground().right().prefix());
        words.addAll(user());
        words.addAll(List.of(
                programs.resolve("postgres").toString(),
                "-D",
                folder.toString(),
                "-k",
                folder.toString(),
                "-c",
                "listen_addresses=" + tunnel.rightAddress(),
                "-c",
                "fsync=off"));
        try {
            Process server = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(template.resolveSibling(label + ".log").toFile())
                    .start();
            run.ownsProcess(server.pid());
            Database database = run.closing(new Database(tunnel, programs, server));
            database.await(template.resolveSibling(label + ".log"));
            return database;
        } catch (IOException e) {
            throw new LabException("cannot start PostgreSQL", e);
        }
    }

    private void await(Path log) {
        for (int i = 0; i < PATIENCE.toMillis() / 100; i++) {
            Command ready = Command.of(programs.resolve("pg_isready").toString(), "-h", tunnel.rightAddress())
                    .behind(tunnel.ground().left().prefix());
            if (ready.run().isSuccess()) {
                return;
            }
            Machine.pause(Duration.ofMillis(100));
        }
        throw new LabException("PostgreSQL does not answer through the tunnel: see " + log);
    }

    /** Single rows by key, a second, over connections that stay. */
    double queriesPerSecond(int seconds) {
        return perSecond(seconds, List.of());
    }

    /** The same with a new connection for each. */
    double connectionsPerSecond(int seconds) {
        return perSecond(seconds, List.of("-C"));
    }

    private double perSecond(int seconds, List<String> more) {
        List<String> words = new ArrayList<>(List.of(
                programs.resolve("pgbench").toString(),
                "-n",
                "-S",
                "-c",
                "" + CLIENTS,
                "-j",
                "" + THREADS,
                "-T",
                "" + seconds,
                "-h",
                tunnel.rightAddress(),
                "-U",
                USER));
        words.addAll(more);
        words.add("postgres");
        String report = Command.of(words)
                .behind(tunnel.ground().left().prefix())
                .timeout(PATIENCE.plusSeconds(seconds))
                .orThrow();
        Matcher found = PER_SECOND.matcher(report);
        if (!found.find()) {
            throw new LabException("pgbench reported no rate: " + report);
        }
        return Double.parseDouble(found.group(1));
    }

    @Override
    public void close() {
        server.destroy();
    }
}
