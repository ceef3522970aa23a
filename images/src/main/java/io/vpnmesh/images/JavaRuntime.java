// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The trimmed Java runtime of an image (jlink), kept between builds because its inputs seldom change. */
final class JavaRuntime {

    private JavaRuntime() {}

    /** The folder of a runtime with these modules, made now unless an earlier build left it. */
    static Path link(Path jdk, Path work, List<String> modules) throws IOException {
        String modulesList = String.join(",", new TreeSet<>(modules));
        String version = Runtime.version().toString();
        Path runtime = work.resolve("jre-" + Integer.toHexString((modulesList + version).hashCode()));
        if (Files.exists(runtime.resolve("bin/java"))) {
            return runtime;
        }
        FileTree.delete(runtime);
        List<String> command = new ArrayList<>(List.of(jdk.resolve("bin/jlink").toString()));
        command.addAll(List.of("--add-modules", modulesList, "--output", runtime.toString()));
        command.addAll(List.of("--strip-debug", "--no-header-files", "--no-man-pages"));
        Command.run(command, 300, true);
        return runtime;
    }
}
