// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import io.vpnmesh.e2e.run.Sandbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// coturn as it comes from Debian, as a STUN server (RFC 8489) with two addresses and two ports (RFC 5780).
final class StunServer {
    private static final Duration START_TIME = Duration.ofSeconds(10);

    private StunServer() {}

    static void start(Run run, Namespace host) {
        var sandbox = run.closing(Sandbox.start(run, host.prefix(), run.folder("stun")));
        var command = new ArrayList<>(
                List.of("turnserver", "-n", "--stun-only", "--no-auth", "--no-cli", "--no-tls", "--no-dtls"));
        command.addAll(List.of(
                "--listening-ip=" + TopologyPlan.STUN_ADDRESS, "--listening-ip=" + TopologyPlan.STUN_SECOND_ADDRESS));
        command.addAll(List.of(
                "--listening-port=" + TopologyPlan.STUN_PORT,
                "--log-file=stdout",
                "--pidfile=/dev/null",
                "--userdb=:memory:"));
        // Off unless asked for since coturn 4.7; older ones do not know the option.
        if (Command.of("turnserver", "--help").run().out().contains("--rfc5780")) {
            command.add("--rfc5780");
        }
        sandbox.start("turnserver", Map.of(), command);
        waitUntilBound(host, sandbox);
    }

    private static void waitUntilBound(Namespace host, Sandbox sandbox) {
        var end = System.nanoTime() + START_TIME.toNanos();
        while (!host.command("ss", "-Hlun")
                .orThrow()
                .contains(TopologyPlan.STUN_SECOND_ADDRESS + ":" + TopologyPlan.STUN_PORT)) {
            sandbox.failure("turnserver").ifPresent(reason -> {
                throw new LabException(reason);
            });
            if (System.nanoTime() > end) {
                throw new LabException("turnserver does not listen after %d s: %s"
                        .formatted(START_TIME.toSeconds(), sandbox.log("turnserver")));
            }
            Machine.pause(Duration.ofMillis(50));
        }
    }
}
