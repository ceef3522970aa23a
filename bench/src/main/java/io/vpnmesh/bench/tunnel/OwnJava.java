// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs of the bench itself that have to be in a namespace. */
final class OwnJava {

    private OwnJava() {}

    /** Starts it in the background, with this process's Java. */
    static Process start(Run run, Namespace network, Path log, Class<?> main, List<String> arguments) {
        Path bench = Tools.repository().resolve("bench/target");
        List<String> words = new ArrayList<>(network.prefix());
        words.addAll(List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                bench.resolve("classes") + ":" + bench.resolve("lib") + "/*",
                main.getName()));
        words.addAll(arguments);
        try {
            Process process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            run.ownsProcess(process.pid());
            return process;
        } catch (IOException e) {
            throw new LabException("cannot start " + main.getSimpleName(), e);
        }
    }
}
