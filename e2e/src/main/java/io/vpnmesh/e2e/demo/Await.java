// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/// Waits for something that another process does.
public final class Await {
    private static final Duration INTERVAL = Duration.ofMillis(200);

    private Await() {}

    /// Errors: [LabException] naming what did not come, with what was there instead.
    public static <T> T present(String what, Duration limit, Supplier<Optional<T>> look, Supplier<String> instead) {
        long endNs = System.nanoTime() + limit.toNanos();
        while (true) {
            Optional<T> found = look.get();
            if (found.isPresent()) {
                return found.get();
            }
            if (System.nanoTime() > endNs) {
                throw new LabException(
                        "waited %d s for %s; there is: %s".formatted(limit.toSeconds(), what, instead.get()));
            }
            Machine.pause(INTERVAL);
        }
    }

    public static void until(String what, Duration limit, BooleanSupplier look, Supplier<String> instead) {
        present(what, limit, () -> look.getAsBoolean() ? Optional.of(what) : Optional.empty(), instead);
    }
}
