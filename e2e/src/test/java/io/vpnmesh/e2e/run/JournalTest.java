// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    @Test
    void whatWasWrittenIsReadBack(@TempDir Path folder) {
        var journal = new Journal(folder);

        journal.add(Journal.Kind.NAMESPACE, "vm1-a-nat");
        journal.add(Journal.Kind.PROCESS, "17 4711");

        assertThat(new Journal(folder).values(Journal.Kind.NAMESPACE)).containsExactly("vm1-a-nat");
        assertThat(new Journal(folder).values(Journal.Kind.PROCESS)).containsExactly("17 4711");
    }

    @Test
    void aLineCutByACrashIsLeftOut(@TempDir Path folder) throws Exception {
        var journal = new Journal(folder);
        journal.add(Journal.Kind.CGROUP, "/vm1-a");

        Files.writeString(folder.resolve("journal"), "NAMESP", StandardOpenOption.APPEND);

        assertThat(journal.entries()).hasSize(1);
    }

    @Test
    void aPidOfAnotherStartTimeIsNotTheSameProcess() {
        var own = Journal.identityOf(ProcessHandle.current().pid()).orElseThrow();

        assertThat(Journal.isAlive(own)).isTrue();
        assertThat(Journal.isAlive(ProcessHandle.current().pid() + " 1")).isFalse();
    }
}
