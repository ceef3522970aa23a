// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Facts about the machine that the lab runs on.
public final class Machine {
    private static final List<String> PROGRAMS =
            List.of("ip", "nsenter", "unshare", "setsid", "nft", "conntrack", "turnserver", "runc");

    private Machine() {}

    public static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    public static Optional<Path> onPath(String program) {
        return Arrays.stream((System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin").split(":"))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /// Why the lab cannot run here, with the fix; empty when it can.
    public static Optional<String> obstacle() {
        if (!isRoot()) {
            return Optional.of("the lab makes network namespaces and cgroups: run as root");
        }
        var missing =
                PROGRAMS.stream().filter(program -> onPath(program).isEmpty()).toList();
        if (!missing.isEmpty()) {
            return Optional.of("missing " + String.join(", ", missing) + ": run e2e/tools/packages");
        }
        return Optional.empty();
    }

    public static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while waiting", e);
        }
    }
}
