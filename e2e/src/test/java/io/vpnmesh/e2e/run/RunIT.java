// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vpnmesh.e2e.LabTest;
import io.vpnmesh.e2e.net.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What a run made goes with it, however it ends.
@LabTest(needsCluster = false)
class RunIT {
    private static final String NAME = "trun";
    /// Unusual enough to be found in a process list.
    private static final String MARK = "86413.25";

    @AfterEach
    void takeDown() {
        Run.destroy(NAME);
    }

    @Test
    void closingTakesProcessesMountsAndNamespacesAway() throws IOException {
        try (var run = Run.open(NAME, Run.Lifetime.TIED)) {
            var sandbox = busy(run);
            assertThat(sandbox.command(List.of("cat", "/proc/mounts")).orThrow())
                    .contains(run.folder("box") + "/mnt");
            assertThat(isRunning()).isTrue();
        }

        assertNothingIsLeft();
    }

    @Test
    void aKilledProcessTakesItsSandboxWithItAndTheNextRunTheRest() throws Exception {
        var other = startInAnotherProcess();
        try {
            awaitRunning(true);

            other.destroyForcibly().waitFor(10, TimeUnit.SECONDS);

            awaitRunning(false);
            assertThat(new Namespace(NAME + "-x").path()).exists();
            Run.open("trun2", Run.Lifetime.TIED).close();
            assertNothingIsLeft();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void anEndedProcessTakesEverythingDownItself() throws Exception {
        var other = startInAnotherProcess();
        try {
            awaitRunning(true);

            other.destroy();

            assertThat(other.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertNothingIsLeft();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void aDetachedRunStaysUntilItIsDestroyed() throws IOException {
        var run = Run.open(NAME, Run.Lifetime.DETACHED);
        busy(run);
        run.close();
        assertThat(isRunning()).isTrue();

        Run.destroy(NAME);

        assertNothingIsLeft();
    }

    @Test
    void aProgramThatEndsIsReportedWithTheEndOfItsLog() {
        try (var run = Run.open(NAME, Run.Lifetime.TIED)) {
            var sandbox = Sandbox.start(run, Namespace.create(run, NAME + "-x").prefix(), run.folder("box"));

            sandbox.start("broken", Map.of(), List.of("sh", "-c", "echo cannot find my keys; exit 3"));

            var end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (sandbox.failure("broken").isEmpty() && System.nanoTime() < end) {
                Machine.pause(Duration.ofMillis(20));
            }
            assertThat(sandbox.failure("broken"))
                    .hasValueSatisfying(reason -> assertThat(reason).contains("cannot find my keys"));
        }
    }

    @Test
    void aLongOrStrangeNameIsRefused() {
        assertThatExceptionOfType(LabException.class)
                .isThrownBy(() -> Run.open("../etc", Run.Lifetime.TIED))
                .withMessageContaining("one letter and up to five letters or digits");
    }

    /// Also the main of the process that is killed.
    public static void main(String... arguments) throws InterruptedException {
        busy(Run.open(NAME, Run.Lifetime.TIED));
        Thread.currentThread().join();
    }

    private static Sandbox busy(Run run) {
        var sandbox = run.closing(
                Sandbox.start(run, Namespace.create(run, NAME + "-x").prefix(), run.folder("box")));
        // A child of a child that ignores signals, as a container's shim is.
        sandbox.start(
                "sleeper",
                Map.of(),
                List.of(
                        "sh",
                        "-c",
                        "mkdir mnt; mount -t tmpfs none mnt; trap '' TERM HUP; setsid sleep " + MARK + " & wait"));
        var end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!isRunning() && System.nanoTime() < end) {
            Machine.pause(Duration.ofMillis(20));
        }
        return sandbox;
    }

    private static Process startInAnotherProcess() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        RunIT.class.getName())
                .inheritIO()
                .start();
    }

    private static void awaitRunning(boolean expected) {
        var end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (isRunning() != expected && System.nanoTime() < end) {
            Machine.pause(Duration.ofMillis(20));
        }
        assertThat(isRunning()).isEqualTo(expected);
    }

    private static boolean isRunning() {
        return ProcessHandle.allProcesses()
                .map(ProcessHandle::info)
                .flatMap(info -> info.arguments().stream())
                .anyMatch(arguments -> arguments.length == 1 && arguments[0].equals(MARK));
    }

    private static void assertNothingIsLeft() throws IOException {
        assertThat(isRunning()).isFalse();
        assertThat(new Namespace(NAME + "-x").path()).doesNotExist();
        assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain("vpnmesh-lab/" + NAME);
        assertThat(Run.names()).doesNotContain(NAME);
    }
}
