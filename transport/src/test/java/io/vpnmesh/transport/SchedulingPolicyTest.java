// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Of the calling thread, as the kernel says it. */
class SchedulingPolicyTest {

    /** Of /proc/PID/stat, counted from behind the name: the 41st field (proc_pid_stat(5)). */
    private static final int POLICY = 38;

    @ParameterizedTest
    @CsvSource({"BATCH, 3", "OTHER, 0"})
    void kernelSaysThePolicyThatWasApplied(SchedulingPolicy policy, int number) throws IOException {
        try {
            assertThat(policy.apply()).isZero();

            assertThat(ofThisThread()).isEqualTo(number);
        } finally {
            SchedulingPolicy.OTHER.apply();
        }
    }

    private static int ofThisThread() throws IOException {
        String stat = Files.readString(Path.of("/proc/thread-self/stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[POLICY]);
    }
}
