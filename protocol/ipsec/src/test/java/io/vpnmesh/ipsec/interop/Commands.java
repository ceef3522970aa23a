// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Runs a program to its end, within bounds. */
final class Commands {

    private static final int SECONDS = 30;

    private Commands() {}

    /** What it printed. Errors: IllegalStateException with the output if it fails or does not end. */
    static String run(String... command) throws IOException {
        List<String> bounded = new ArrayList<>(List.of("timeout", "-k", "1", "" + SECONDS));
        bounded.addAll(List.of(command));
        Process process = new ProcessBuilder(bounded).redirectErrorStream(true).start();
        process.getOutputStream().close();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + output);
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
