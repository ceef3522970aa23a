// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimelessArchiveTest {

    private static final int MAGIC = 0xF00BABA2;
    private static final int SUM = 312;
    private static final int OBJECTS = 8192;

    @TempDir
    private Path folder;

    private final long beganMs = TimelessArchive.nowMs();

    private Path archive(String name, int sum, long... words) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(OBJECTS + words.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0, MAGIC).putInt(4, sum).putInt(SUM, sum);
        for (int i = 0; i < words.length; i++) {
            bytes.putLong(OBJECTS + i * 8, words[i]);
        }
        return Files.write(folder.resolve(name), bytes.array());
    }

    @Test
    void timesAndSumsAreGone() throws IOException {
        Path one = archive("one", 77, 5, beganMs, 6, beganMs);
        Path other = archive("other", 78, 5, beganMs + 1, 6, beganMs + 1);
        while (TimelessArchive.nowMs() < beganMs + 1) {
            Thread.onSpinWait();
        }

        TimelessArchive.make(one, other, beganMs);

        assertThat(one).hasSameBinaryContentAs(archive("expected", 0, 5, 0, 6, 0));
    }

    @Test
    void anythingElseThatDiffersIsAnError() throws IOException {
        Path one = archive("one", 77, 5, 123_456_789_012L);
        Path other = archive("other", 77, 5, 123_456_789_013L);

        assertThatIOException()
                .isThrownBy(() -> TimelessArchive.make(one, other, beganMs))
                .withMessageContaining("differ at " + (OBJECTS + 8))
                .withMessageContaining("reproducible");
        assertThatIOException()
                .isThrownBy(() -> TimelessArchive.make(one, archive("longer", 77, 5, 6, 7), beganMs))
                .withMessageContaining("reproducible");
    }
}
