// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Takes the time of its making out of a class archive. Among its objects are soft references ({@code java.lang.ref}), which
 * carry the milliseconds of the machine's clock; besides them, only checksums differ between two archives of the same list.
 * So two are made, and what differs between them becomes zero, provided that it is such a time or such a sum.
 */
final class TimelessArchive {

    /** The archive's header, in its first page: checksums of itself and of the regions, read only with -XX:+VerifySharedSpaces. */
    private static final int HEADER_BYTES = 4096;

    private static final int SUM_BYTES = Integer.BYTES;
    private static final int WORD_BYTES = Long.BYTES;
    private static final long NS_PER_MS = 1_000_000;

    private TimelessArchive() {}

    /** The clock of those references: CLOCK_MONOTONIC, the same for all processes of a machine. */
    static long nowMs() {
        return System.nanoTime() / NS_PER_MS;
    }

    /**
     * Rewrites the first one.
     *
     * @param beganMs before both were made
     */
    static void make(Path archive, Path again, long beganMs) throws IOException {
        ByteBuffer one = ByteBuffer.wrap(Files.readAllBytes(archive)).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer other = ByteBuffer.wrap(Files.readAllBytes(again)).order(ByteOrder.LITTLE_ENDIAN);
        if (one.capacity() != other.capacity()) {
            throw new IOException(
                    "two class archives of the same list have %d and %d bytes: the image would not be reproducible"
                            .formatted(one.capacity(), other.capacity()));
        }
        long endedMs = nowMs();
        for (int at = mismatch(one, other, 0); at >= 0; at = mismatch(one, other, at)) {
            if (at < HEADER_BYTES) {
                int sum = at - at % SUM_BYTES;
                one.putInt(sum, 0);
                other.putInt(sum, 0);
                continue;
            }
            int word = at - at % WORD_BYTES;
            long a = one.getLong(word);
            long b = other.getLong(word);
            if (Math.min(a, b) < beganMs || Math.max(a, b) > endedMs) {
                throw new IOException(
                        ("two class archives of the same list differ at %d (%x and %x), and not in a time: the image would not"
                                        + " be reproducible")
                                .formatted(word, a, b));
            }
            one.putLong(word, 0);
            other.putLong(word, 0);
        }
        Files.write(archive, one.array());
    }

    /** Where they differ next, -1 if nowhere. */
    private static int mismatch(ByteBuffer one, ByteBuffer other, int from) {
        int length = one.capacity() - from;
        int at = one.slice(from, length).mismatch(other.slice(from, length));
        return at < 0 ? -1 : from + at;
    }
}
