// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.directory.json.Json;
import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** A process of an image as a kubelet would have it started: by runc, in its own cgroup, root file system read-only. */
final class Container implements AutoCloseable {

    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");

    /**
     * What to start.
     *
     * @param name unique in the run
     * @param user numeric
     * @param capabilities such as CAP_NET_ADMIN; none for a sidecar
     * @param arguments behind the image's entry point
     * @param shared folder that it sees under the same path, to write in
     * @param memoryLimit bytes
     * @param environment NAME=VALUE, beside the image's own
     */
    record Order(
            String name,
            Namespace network,
            int user,
            List<String> capabilities,
            List<String> arguments,
            Path shared,
            long memoryLimit,
            List<String> environment) {}

    private static final Duration GOODBYE = Duration.ofSeconds(15);
    private static final long POLL_NS = 200_000;

    private final Run run;
    private final Path bundle;
    private final String id;
    private final String cgroup;
    private final Path log;

    private Container(Run run, Path bundle, String id, String cgroup, Path log) {
        this.run = run;
        this.bundle = bundle;
        this.id = id;
        this.cgroup = cgroup;
        this.log = log;
    }

    /** Starts it in the background. Errors: LabException with what runc said. */
    static Container start(Run run, ImageBundle image, Order order) {
        Container container = prepare(run, image, order);
        container.call("run", "--detach", "--pid-file", container.bundle.resolve("pid") + "");
        run.ownsProcess(container.pid());
        run.closing(container);
        return container;
    }

    /** Runs it to its end. Errors: LabException with its log when it fails. */
    static void runToEnd(Run run, ImageBundle image, Order order) {
        Container container = prepare(run, image, order);
        container.call("run");
        Command.of("runc", "delete", "--force", container.id).run();
    }

    private static Container prepare(Run run, ImageBundle image, Order order) {
        Path bundle = run.folder("container-" + order.name());
        String id = run.name() + "-" + order.name();
        String cgroup = "/" + id;
        run.ownsCgroup(cgroup);
        try {
            Files.writeString(bundle.resolve("config.json"), Json.write(configuration(image, order, cgroup)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Container(run, bundle, id, cgroup, bundle.resolve("log"));
    }

    private void call(String... verb) {
        List<String> words = new ArrayList<>(List.of("runc"));
        words.addAll(List.of(verb));
        words.addAll(List.of("--bundle", bundle.toString(), id));
        try {
            Process process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            process.getOutputStream().close();
            if (process.waitFor() != 0) {
                throw new LabException("%s of container %s failed:%n%s".formatted(verb[0], id, log()));
            }
        } catch (IOException e) {
            throw new LabException("cannot start runc: e2e/tools/packages installs it", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while starting " + id, e);
        }
    }

    /** Ends it as a kubelet would. */
    void halt() {
        Command.of("runc", "kill", id, "TERM").orThrow();
        Instant deadline = Instant.now().plus(GOODBYE);
        while (ProcessHandle.of(pid()).isPresent() && Instant.now().isBefore(deadline)) {
            Machine.pause(Duration.ofMillis(20));
        }
        Command.of("runc", "delete", "--force", id).orThrow();
    }

    /**
     * Starts it anew from what it left. Returns when its program was executed, as {@link System#nanoTime}, to a fifth of a
     * millisecond.
     */
    long startAgain() {
        call("create", "--pid-file", bundle.resolve("pid") + "");
        run.ownsProcess(pid());
        Path command = Path.of("/proc/" + pid() + "/cmdline");
        String waiting = read(command);
        CompletableFuture<String> starting = CompletableFuture.supplyAsync(
                () -> Command.of("runc", "start", id).orThrow(), Thread::startVirtualThread);
        while (read(command).equals(waiting) && !starting.isCompletedExceptionally()) {
            LockSupport.parkNanos(POLL_NS);
        }
        long executedNs = System.nanoTime();
        starting.join();
        return executedNs;
    }

    long pid() {
        return Long.parseLong(read(bundle.resolve("pid")).strip());
    }

    String log() {
        return read(log);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes of memory as the kubelet counts a container: all that its cgroup holds without idle file pages. */
    long workingSet() {
        Path unified = CGROUPS.resolve("cgroup.controllers");
        return Files.exists(unified)
                ? workingSet(Path.of(CGROUPS + cgroup), "memory.current", "inactive_file ")
                : workingSet(Path.of(CGROUPS + "/memory" + cgroup), "memory.usage_in_bytes", "total_inactive_file ");
    }

    private static long workingSet(Path folder, String usage, String idle) {
        try (Stream<String> lines = Files.lines(folder.resolve("memory.stat"))) {
            long inactive = lines.filter(line -> line.startsWith(idle))
                    .mapToLong(line -> Long.parseLong(line.substring(idle.length())))
                    .findFirst()
                    .orElse(0);
            return Math.max(
                    0, Long.parseLong(Files.readString(folder.resolve(usage)).strip()) - inactive);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        Command.of("runc", "delete", "--force", id).run();
    }

    /** OCI runtime specification, {@code config.json}. */
    private static Map<String, Object> configuration(ImageBundle image, Order order, String cgroup) {
        List<String> command = Stream.concat(image.entrypoint().stream(), order.arguments().stream())
                .toList();
        List<String> environment = Stream.of(image.environment(), List.of("MALLOC_ARENA_MAX=1"), order.environment())
                .flatMap(List::stream)
                .toList();
        Map<String, Object> capabilities = Map.of(
                "bounding", order.capabilities(),
                "effective", order.capabilities(),
                "permitted", order.capabilities(),
                "inheritable", List.of(),
                "ambient", List.of());
        return Map.of(
                "ociVersion",
                "1.0.2",
                "process",
                Map.of(
                        "user",
                        Map.of("uid", order.user(), "gid", order.user()),
                        "args",
                        command,
                        "env",
                        environment,
                        "cwd",
                        "/",
                        "capabilities",
                        capabilities,
                        "noNewPrivileges",
                        true),
                "root",
                Map.of("path", image.root().toString(), "readonly", true),
                "mounts",
                List.of(
                        mount("/proc", "proc", "proc", List.of()),
                        mount("/dev", "tmpfs", "tmpfs", List.of("nosuid", "mode=755")),
                        mount("/sys", "none", "/sys", List.of("rbind", "ro")),
                        mount(order.shared().toString(), "none", order.shared().toString(), List.of("bind", "rw"))),
                "linux",
                Map.of(
                        "namespaces",
                        List.of(
                                Map.of("type", "pid"),
                                Map.of("type", "ipc"),
                                Map.of("type", "uts"),
                                Map.of("type", "mount"),
                                Map.of(
                                        "type",
                                        "network",
                                        "path",
                                        order.network().path().toString())),
                        "cgroupsPath",
                        cgroup,
                        "resources",
                        Map.of("memory", Map.of("limit", order.memoryLimit()), "devices", devices())));
    }

    /** As containers of a pod have it: any node may be made, and the TUN may be used. */
    private static List<Map<String, Object>> devices() {
        return List.of(
                Map.of("allow", false, "access", "rwm"),
                Map.of("allow", true, "type", "c", "access", "m"),
                Map.of("allow", true, "type", "c", "major", 10, "minor", 200, "access", "rwm"));
    }

    private static Map<String, Object> mount(String at, String type, String source, List<String> options) {
        return Map.of("destination", at, "type", type, "source", source, "options", options);
    }
}
