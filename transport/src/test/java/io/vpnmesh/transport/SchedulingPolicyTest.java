// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Of the calling thread, as the kernel says it. */
class SchedulingPolicyTest {

    private static final int SCHED_OTHER = 0;
    private static final int SCHED_BATCH = 3;

    /** Of /proc/PID/stat, counted from behind the name: the 41st field (proc_pid_stat(5)). */
    private static final int POLICY = 38;

    @Test
    void batchIsTakenBackByOther() throws IOException {
        try {
            assertThat(SchedulingPolicy.BATCH.apply()).isZero();
            assertThat(ofThisThread()).isEqualTo(SCHED_BATCH);

            assertThat(SchedulingPolicy.OTHER.apply()).isZero();
            assertThat(ofThisThread()).isEqualTo(SCHED_OTHER);
        } finally {
            SchedulingPolicy.OTHER.apply();
        }
    }

    private static int ofThisThread() throws IOException {
        String stat = Files.readString(Path.of("/proc/thread-self/stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[POLICY]);
    }
}
