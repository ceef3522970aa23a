// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.cluster.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The page of the documentation that shows figures: each command that makes some has a place of its own in it. */
final class Page {

    static final Path FOLDER = Tools.repository().resolve("docs");

    private static final Path FILE = FOLDER.resolve("performance.md");

    private Page() {}

    /** Puts text in place of what the command wrote before. Errors: IOException that says which lines are missing. */
    static void put(String command, String text) throws IOException {
        String begin = "<!-- figures of " + command + ": begin -->";
        String end = "<!-- figures of " + command + ": end -->";
        String page = Files.readString(FILE);
        int from = page.indexOf(begin);
        int to = page.indexOf(end);
        if (from < 0 || to < from) {
            throw new IOException(FILE + " has no place for the figures: put back the lines " + begin + " and " + end);
        }
        Files.writeString(FILE, page.substring(0, from) + begin + "\n\n" + text + "\n" + page.substring(to));
    }
}
