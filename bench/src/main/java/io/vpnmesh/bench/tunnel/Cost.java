// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the kernel counts for the processes of a tunnel. */
final class Cost {

    /** USER_HZ: the unit of /proc/PID/stat, the same on every Linux of today. */
    private static final double TICKS_PER_SECOND = 100;

    /** proc(5): user time is field 14, system time 15; the fields behind the program's name begin with 3. */
    private static final int USER_TIME = 14 - 3;

    private static final double KIB_PER_MIB = 1024;

    private Cost() {}

    /** Processor seconds so far, user and system, all threads. */
    static double processorSeconds(List<Long> processes) {
        return processes.stream().mapToDouble(Cost::processorSeconds).sum();
    }

    private static double processorSeconds(long process) {
        try {
            String stat = Files.readString(Path.of("/proc/" + process + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return (Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[USER_TIME + 1])) / TICKS_PER_SECOND;
        } catch (IOException e) {
            throw new UncheckedIOException("process " + process + " of a tunnel has ended", e);
        }
    }

    /** Resident memory of one end, the larger of both, in MiB. */
    static double residentMib(List<Long> processes) {
        return processes.stream().mapToDouble(Cost::residentMib).max().orElse(0);
    }

    private static double residentMib(long process) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + process + "/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / KIB_PER_MIB)
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException("process " + process + " of a tunnel has ended", e);
        }
    }
}
