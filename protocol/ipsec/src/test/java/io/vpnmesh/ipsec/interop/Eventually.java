// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waiting for what another process does in its own time. */
final class Eventually {

    private Eventually() {}

    /** Asks about another process. */
    interface Question {
        boolean isTrue() throws IOException;
    }

    /** Errors: AssertionError with the complaint when it does not come true in time. */
    static void within(Duration bound, Question question, Supplier<String> complaint) throws IOException {
        long end = System.nanoTime() + bound.toNanos();
        while (!question.isTrue()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(complaint.get());
            }
            LockSupport.parkNanos(50_000_000);
        }
    }
}
