// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Programs that live and die together, in a network namespace, with a PID and a mount namespace of their own.
///
/// Process 1 in it is a shell that starts what is written to its standard input. When the shell ends, the kernel
/// kills everything in the PID namespace (shims and pods too), and all mounts that were made in it are gone with it.
/// The shell of a TIED run ends when its standard input closes, which the kernel does for a killed JVM: nothing of
/// the run can outlive it.
public final class Sandbox implements AutoCloseable {
    private static final Duration START_TIME = Duration.ofSeconds(10);
    private static final int LOG_LINES = 15;

    /// The machine's own /run/netns and /var/log/containers must not see what a CNI plugin and a kubelet put there.
    private static final String INIT = """
            set -u
            mount --make-rshared /
            mkdir -p /run/netns /var/log/containers
            mount -t tmpfs tmpfs /run/netns
            mount -t tmpfs tmpfs /var/log/containers
            [ -p "$1/start" ] && exec 0<>"$1/start"
            touch "$1/ready"
            while read -r script; do bash "$script" & done
            """;

    private final Path folder;
    private final Run.Lifetime lifetime;
    private final Process process;
    private final ProcessHandle init;

    private Sandbox(Path folder, Run.Lifetime lifetime, Process process, ProcessHandle init) {
        this.folder = folder;
        this.lifetime = lifetime;
        this.process = process;
        this.init = init;
    }

    /// Makes the namespaces and waits until something can be started in them.
    ///
    /// @param prefix what enters the network namespace, such as `nsenter --net=…`
    /// @param folder for logs and process files; belongs to the run
    public static Sandbox start(Run run, List<String> prefix, Path folder) {
        var command = new ArrayList<String>();
        // An own session: Ctrl-C at the terminal is for this process alone, which then takes everything down in order.
        command.add("setsid");
        command.addAll(prefix);
        command.addAll(List.of("unshare", "--mount", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"));
        command.addAll(List.of("bash", "-c", INIT, "lab-init", folder.toString()));
        try {
            if (run.lifetime() == Run.Lifetime.DETACHED) {
                Command.of("mkfifo", folder.resolve("start").toString()).orThrow();
            }
            var log = folder.resolve("sandbox.log").toFile();
            var process = new ProcessBuilder(command)
                    .redirectOutput(log)
                    .redirectError(log)
                    .start();
            run.ownsProcess(process.pid());
            waitUntilReady(folder, process);
            var init = process.toHandle().children().findFirst().orElseThrow();
            return new Sandbox(folder, run.lifetime(), process, init);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void waitUntilReady(Path folder, Process process) {
        var end = System.nanoTime() + START_TIME.toNanos();
        while (!Files.exists(folder.resolve("ready"))) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new LabException(
                        "cannot make PID and mount namespaces: " + lastLines(folder.resolve("sandbox.log")));
            }
            Machine.pause(Duration.ofMillis(5));
        }
    }

    /// Starts a program; its output goes to `<name>.log`, its pid (inside) to `<name>.pid`, its end to `<name>.exit`.
    public void start(String name, Map<String, String> environment, List<String> command) {
        var exports = environment.entrySet().stream()
                .map(entry -> "export " + entry.getKey() + "=" + quoted(entry.getValue()) + "\n")
                .sorted()
                .collect(Collectors.joining());
        var line = command.stream().map(Sandbox::quoted).collect(Collectors.joining(" "));
        var script = folder.resolve(name + ".sh");
        var text = """
                cd %1$s
                rm -f %2$s.exit
                %3$s%4$s >>%2$s.log 2>&1 </dev/null &
                echo $! >%2$s.pid
                wait $!
                echo $? >%2$s.exit
                """.formatted(quoted(folder.toString()), name, exports, line);
        try {
            Files.writeString(script, text);
            send(script + "\n");
        } catch (IOException e) {
            throw new LabException(
                    "the sandbox in %s is gone: %s".formatted(folder, lastLines(folder.resolve("sandbox.log"))), e);
        }
    }

    /// Sends a signal such as `KILL` to a program that was started here.
    public void signal(String name, String signal) {
        command(List.of("sh", "-c", "kill -%s \"$(cat '%s')\"".formatted(signal, folder.resolve(name + ".pid"))))
                .orThrow();
    }

    /// A command in all namespaces of this sandbox: it sees its processes and mounts.
    public Command command(List<String> arguments) {
        return Command.of(arguments)
                .behind(List.of("nsenter", "--target", Long.toString(init.pid()), "--mount", "--pid", "--net", "--"));
    }

    /// Why a program is no longer running; empty while it is.
    public Optional<String> failure(String name) {
        var exit = folder.resolve(name + ".exit");
        if (Files.exists(exit)) {
            return Optional.of("%s ended:%n%s".formatted(name, lastLines(folder.resolve(name + ".log"))));
        }
        return process.isAlive() ? Optional.empty() : Optional.of("the sandbox in " + folder + " is gone");
    }

    /// The pid of process 1 as the machine sees it.
    public long pid() {
        return init.pid();
    }

    public Path log(String name) {
        return folder.resolve(name + ".log");
    }

    /// Ends everything in it, unless the run is detached.
    @Override
    public void close() {
        if (lifetime == Run.Lifetime.TIED) {
            process.destroyForcibly();
            init.destroyForcibly();
        }
    }

    private void send(String line) throws IOException {
        var fifo = folder.resolve("start");
        if (Files.exists(fifo)) {
            Files.writeString(fifo, line, StandardOpenOption.WRITE);
            return;
        }
        // Never closed before the end: closing it is what ends the sandbox.
        var stdin = process.getOutputStream();
        stdin.write(line.getBytes(StandardCharsets.UTF_8));
        stdin.flush();
    }

    private static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    static String lastLines(Path file) {
        try {
            var lines = Files.readAllLines(file);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }
}
