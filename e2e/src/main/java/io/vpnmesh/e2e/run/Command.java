// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.run;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A program that runs to its end within a time, with its output captured.
///
/// @param arguments program and arguments, as execve(2) takes them
/// @param input     what it reads on standard input
/// @param timeout   after it the program is killed and [LabException] thrown
public record Command(List<String> arguments, String input, Duration timeout) {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);
    private static final int SHOWN_OUTPUT = 4000;

    public Command {
        arguments = List.copyOf(arguments);
    }

    /// What a program left behind. `exit` is 128 + n when it was ended by signal n.
    public record Result(Command command, int exit, String out, String err) {
        public boolean isSuccess() {
            return exit == 0;
        }

        /// The output without trailing blanks, or [LabException] with everything that helps to see why it failed.
        public String orThrow() {
            if (!isSuccess()) {
                throw new LabException(
                        "exit %d of: %s%n%s".formatted(exit, command.shown(), tail((out + err).strip())));
            }
            return out.stripTrailing();
        }
    }

    public static Command of(String... arguments) {
        return of(List.of(arguments));
    }

    public static Command of(List<String> arguments) {
        return new Command(arguments, "", DEFAULT_TIMEOUT);
    }

    public Command input(String text) {
        return new Command(arguments, text, timeout);
    }

    public Command timeout(Duration limit) {
        return new Command(arguments, input, limit);
    }

    /// The same command behind a prefix such as `nsenter --net=…`.
    public Command behind(List<String> prefix) {
        return new Command(Stream.concat(prefix.stream(), arguments.stream()).toList(), input, timeout);
    }

    /// Runs it. Errors: [LabException] when it cannot be started or does not end in time; a non-zero exit is a result.
    public Result run() {
        Process process = start();
        var out = readAll(process.getInputStream());
        var err = readAll(process.getErrorStream());
        try {
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException _) {
                // The program ended without reading its input; its exit code tells.
            }
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new LabException("no end after %d s: %s".formatted(timeout.toSeconds(), shown()));
            }
            return new Result(this, process.exitValue(), out.join(), err.join());
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new LabException("interrupted: " + shown(), e);
        }
    }

    public String orThrow() {
        return run().orThrow();
    }

    private Process start() {
        try {
            return new ProcessBuilder(arguments).start();
        } catch (IOException e) {
            throw new LabException(
                    "cannot start %s: %s (e2e/tools/packages installs what the lab calls)"
                            .formatted(arguments.getFirst(), e.getMessage()),
                    e);
        }
    }

    private String shown() {
        var text = String.join(" ", arguments);
        return input.isBlank() ? text : text + "\n  with input:\n" + tail(input.strip());
    }

    private static String tail(String text) {
        return text.length() <= SHOWN_OUTPUT ? text : "…" + text.substring(text.length() - SHOWN_OUTPUT);
    }

    private static CompletableFuture<String> readAll(InputStream stream) {
        var text = new CompletableFuture<String>();
        Thread.ofVirtual().start(() -> {
            try (stream) {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                text.completeExceptionally(new UncheckedIOException(e));
            }
        });
        return text;
    }
}
