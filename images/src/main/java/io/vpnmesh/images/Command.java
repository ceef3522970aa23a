// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a program to its end, bounded in time, with its output in the error message. */
final class Command {

    private Command() {}

    /** Returns standard output and error. Errors: IOException with the output when it fails or takes too long. */
    static String run(List<String> command, long timeoutSeconds, boolean mustSucceed) throws IOException {
        Path output = Files.createTempFile("vpnmesh-image", ".log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(timeoutSeconds, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IOException(
                        command.getFirst() + " took more than " + timeoutSeconds + " s:\n" + text(output));
            }
            if (mustSucceed && process.exitValue() != 0) {
                throw new IOException(
                        String.join(" ", command) + " ended with " + process.exitValue() + ":\n" + text(output));
            }
            return text(output);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + command.getFirst() + " ran", e);
        } finally {
            Files.deleteIfExists(output);
        }
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.UTF_8);
    }
}
