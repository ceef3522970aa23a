// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The product stands in the benchmark as it stands in a pod. Needs {@code make images}. */
@Tag("lab")
class SidecarContenderIT {

    private static final long MIB = 1 << 20;

    @Test
    void sidecarsOfTheImageMeetDirectlyWithoutACapability() throws IOException {
        try (Run run = Run.open("vmbt", Run.Lifetime.TIED)) {
            Contenders contenders = new Contenders(run);
            Ground ground = Ground.make(run, "c0", Ground.Way.CUT);

            SidecarTunnel tunnel =
                    (SidecarTunnel) contenders.of(Bar.JDK, ground).start(run, ground, "c0");

            String status = ground.left()
                    .command("cat", "/proc/" + tunnel.left().pid() + "/status")
                    .orThrow();
            assertThat(status).containsPattern("CapEff:\\s+0{16}").containsPattern("Uid:\\s+29173");
            assertThat(ground.left()
                            .command("ping", "-c", "20", "-i", "0.01", "-q", tunnel.rightAddress())
                            .orThrow())
                    .contains(" 0% packet loss");
            assertThat(Files.readString(Path.of("/proc/" + tunnel.left().pid() + "/maps")))
                    .as("the class archive fits the image's class path, and is used")
                    .contains("/app/app.jsa");
            // Without the class archive and with all that the compilers took it is 90.
            assertThat(tunnel.left().workingSet()).isBetween(10 * MIB, 80 * MIB);
            assertThat(Cost.processorSeconds(tunnel.processes())).isPositive();
        }
    }
}
