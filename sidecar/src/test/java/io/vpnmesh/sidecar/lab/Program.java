// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Java process of ours in a namespace, as a pod's container would run it. */
final class Program implements AutoCloseable {

    static final int SIDECAR_UID = 29173;

    /** For a short life: compiled cheaply. */
    private static final List<String> QUICK = List.of("-XX:TieredStopAtLevel=1", "-Xmx64m");

    /** For what carries all that it can. */
    private static final List<String> HOT = List.of("-Xmx128m");

    private final Process process;
    private final Path log;

    private Program(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Copies the class path to where every user can read it. */
    static String readableClassPath(Path folder) {
        List<String> entries = new ArrayList<>();
        int number = 0;
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path source = Path.of(entry);
            if (Files.exists(source)) {
                Path target = folder.resolve(number++ + "-" + source.getFileName());
                Shell.must("cp", "-r", source.toString(), target.toString());
                entries.add(target.toString());
            }
        }
        Shell.must("chmod", "-R", "a+rX", folder.toString());
        return String.join(File.pathSeparator, entries);
    }

    /** As root with what an injected init container has: NET_ADMIN and MKNOD, and nothing else. */
    static Program startSetup(String host, Path log, String classPath, String... mainAndArguments) {
        List<String> command = new ArrayList<>(Namespaces.command(host));
        command.addAll(
                List.of("setpriv", "--bounding-set=-all,+net_admin,+mknod", "--inh-caps=-all", "--no-new-privs"));
        return java(command, QUICK, log, classPath, mainAndArguments);
    }

    /** As root, compiled as a sidecar is in the long run. */
    static Program startHot(String host, Path log, String classPath, String... mainAndArguments) {
        return java(new ArrayList<>(Namespaces.command(host)), HOT, log, classPath, mainAndArguments);
    }

    /** @param uid 0 keeps root and its capabilities; any other user gets none at all */
    static Program start(String host, int uid, Path log, String classPath, String... mainAndArguments) {
        List<String> command = new ArrayList<>(Namespaces.command(host));
        if (uid != 0) {
            command.addAll(List.of(
                    "setpriv",
                    "--reuid=" + uid,
                    "--regid=" + uid,
                    "--clear-groups",
                    "--bounding-set=-all",
                    "--inh-caps=-all",
                    "--no-new-privs"));
        }
        return java(command, QUICK, log, classPath, mainAndArguments);
    }

    private static Program java(
            List<String> command, List<String> options, Path log, String classPath, String... mainAndArguments) {
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xshare:auto"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath));
        command.addAll(List.of(mainAndArguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            return new Program(process, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Path folder(Path parent, String name, int uid) throws IOException {
        Path folder = Files.createDirectories(parent.resolve(name));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Shell.must("chown", "-R", uid + ":" + uid, folder.toString());
        return folder;
    }

    String log() {
        try (Stream<String> lines = Files.lines(log)) {
            return String.join("\n", lines.toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    long pid() {
        return process.pid();
    }

    int waitFor(long seconds) throws InterruptedException {
        if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
            throw new IllegalStateException("still running after " + seconds + " s:\n" + log());
        }
        return process.exitValue();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(5, TimeUnit.SECONDS);
    }

    /** SIGTERM. */
    void terminate() {
        process.destroy();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
        }
    }
}
