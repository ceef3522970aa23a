// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How the kernel schedules the packet threads of both ends: as batch work for as long as there is a stream, and no longer. */
@Tag("lab")
class BulkIT {

    private static final int PORT = 9000;
    private static final int SECONDS = 4;
    private static final int SCHED_OTHER = 0;
    private static final int SCHED_BATCH = 3;

    /** Of /proc/PID/stat, counted from behind the name: the 41st field (proc_pid_stat(5)). */
    private static final int POLICY = 38;

    @TempDir
    private Path folder;

    @Test
    void packetThreadsAreBatchWorkWhileTheyCarryAStream() throws Exception {
        try (TunnelPair pair = new TunnelPair(folder)) {
            pair.start(
                    TunnelPair.Change.NONE,
                    List.of(TunnelPair.tunnelAt(TunnelPair.OUTER_B)),
                    List.of(TunnelPair.tunnelAt(TunnelPair.OUTER_A)));
            assertThat(policies(pair)).as("with a ping").containsOnly(SCHED_OTHER);

            Program sink = pair.runHot("tb", Pour.class, "sink", "" + PORT);
            pair.await("sink", () -> pair.namespaces.in("tb", "ss", "-ltn").contains(":" + PORT));
            Program pour = pair.runHot("ta", Pour.class, "pour", TunnelPair.INNER_B, "" + PORT, "" + SECONDS);
            pair.await("batch work", () -> policies(pair).stream().allMatch(policy -> policy == SCHED_BATCH));

            assertThat(pour.waitFor(60)).as(pour.log()).isZero();
            assertThat(sink.waitFor(60)).as(sink.log()).isZero();
            pair.await("the end", () -> policies(pair).stream().allMatch(policy -> policy == SCHED_OTHER));
        }
    }

    private static List<Integer> policies(TunnelPair pair) {
        List<Integer> policies = Stream.of("ta", "tb")
                .flatMap(host -> packetThreads(pair.pid(host)).stream())
                .toList();
        assertThat(policies).hasSize(4);
        return policies;
    }

    private static List<Integer> packetThreads(long process) {
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + process + "/task"))) {
            return threads.map(thread -> read(thread.resolve("stat")))
                    .filter(stat -> stat.contains("(tun-read)") || stat.contains("(udp-receive)"))
                    .map(stat -> Integer.valueOf(
                            stat.substring(stat.lastIndexOf(')') + 2).split(" ")[POLICY]))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Nothing of a thread that has ended meanwhile. */
    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException _) {
            return "";
        }
    }
}
