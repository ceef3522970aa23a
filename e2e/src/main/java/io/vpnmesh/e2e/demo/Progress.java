// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import java.util.Locale;
import java.util.function.Supplier;

/// Tells a person what happens and how long it took, one line a step.
public final class Progress {
    private final long startNs = System.nanoTime();

    /// Runs a step; the line appears when it ends, with the time since the start and the step's own.
    public <T> T step(String what, Supplier<T> work) {
        long fromNs = System.nanoTime();
        T result = work.get();
        System.out.printf(Locale.ROOT, "%6.1f s  %-72s %6.1f s%n", seconds(startNs), what, seconds(fromNs));
        return result;
    }

    public void step(String what, Runnable work) {
        step(what, () -> {
            work.run();
            return what;
        });
    }

    public void say(String line) {
        System.out.printf(Locale.ROOT, "%6.1f s  %s%n", seconds(startNs), line);
    }

    private static double seconds(long fromNs) {
        return (System.nanoTime() - fromNs) / 1e9;
    }
}
