// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where a sidecar's time and memory go: {@code make profile}. Two sidecars of the image's jars and options, under a whole
 * JDK with Flight Recorder, because the image's runtime has none; without the image's class archive, which is of its
 * runtime. Recorded are seconds of TCP both ways and of lone packets, after the compilers have had theirs.
 */
public final class Profile {

    private static final int PAYLOAD = 36;
    private static final int WARM_UP_SECONDS = 15;
    private static final int SECONDS = 8;
    private static final Duration GOODBYE = Duration.ofSeconds(20);

    /** Of a line of java.args: what belongs to the image's own runtime and paths. */
    private static final List<String> OF_THE_IMAGE =
            List.of("-XX:SharedArchiveFile", "-XX:ArchiveRelocationMode", "-Djna.");

    /** What {@code jfr view} is asked for. */
    private static final Map<String, String> VIEWS = Map.of(
            "cpu-time-hot-methods", "processor time by method",
            "allocation-by-class", "allocation by class",
            "allocation-by-site", "allocation by place",
            "gc-pauses", "pauses");

    private final Run run;
    private final ImageBundle image;
    private final Path recording = Tools.repository().resolve("bench/target/profile.jfr");

    private Profile(Run run, ImageBundle image) {
        this.run = run;
        this.image = image;
    }

    /** {@code Profile AEAD}: as the setting crypto.aead. */
    public static void main(String[] arguments) {
        try (Run run = Run.open("vmp", Run.Lifetime.TIED)) {
            Contenders images = new Contenders(run);
            String aead = arguments.length == 1 ? arguments[0] : "ipsec-mb";
            new Profile(run, images.sidecar())
                    .record(new SidecarContender(aead, images.sidecar(), images.relay()), aead);
        } catch (LabException e) {
            System.err.println("profile: " + e.getMessage());
            System.exit(1);
        }
    }

    private void record(SidecarContender product, String aead) {
        Ground ground = Ground.make(run, "p", Ground.Way.WHOLE);
        Path home = run.folder("p");
        LabMesh mesh = new LabMesh(home);
        mesh.relay("relay", ground.relayAddress() + ":" + SidecarContender.RELAY_PORT);
        mesh.member("left");
        String right = mesh.member("right");
        mesh.writeFeed();
        Container relay = product.startRelay(run, ground.right(), home, "p", SidecarContender.RELAY_PORT);
        product.setUp(run, ground.left(), home, "p", "left");
        product.setUp(run, ground.right(), home, "p", "right");
        Process b = start(ground.right(), home.resolve("right"), List.of());
        Process a = start(
                ground.left(),
                home.resolve("left"),
                List.of("-XX:StartFlightRecording:filename=%s,jdk.CPUTimeSample#enabled=true,dumponexit=true,delay=%ds"
                        .formatted(home.resolve("left/state/profile.jfr"), WARM_UP_SECONDS + 5)));
        long startedNs = System.nanoTime();
        Pair pair = new Pair(ground, right, a, b);
        SidecarContender.awaitDirect(pair, () -> read(home.resolve("left/log")));
        System.out.printf("profile: %s, sending for %d s%n", aead, WARM_UP_SECONDS + 3 * SECONDS);
        try (Load load = new Load(run, pair, "p")) {
            load.tcp(2, WARM_UP_SECONDS, false);
            Machine.pause(Duration.ofNanos(
                    Math.max(0, startedNs + (WARM_UP_SECONDS + 6) * 1_000_000_000L - System.nanoTime())));
            Load.Stream there = load.tcp(1, SECONDS, false);
            Load.Stream back = load.tcp(1, SECONDS, true);
            Load.Packets packets = load.packets(PAYLOAD, 1);
            System.out.printf(
                    "profile: %.2f Gb/s from here, %.2f Gb/s back, %.0f lone packets a second%n%n",
                    there.gbps(), back.gbps(), packets.perSecond());
        }
        end(a);
        end(b);
        relay.close();
        print(home.resolve("left/state/profile.jfr"));
    }

    /** The image's command line, with its jars where the image was unpacked, and a Java that records. */
    private Process start(Namespace network, Path folder, List<String> more) {
        List<String> words = new ArrayList<>(network.prefix());
        words.addAll(List.of(
                "setpriv",
                "--reuid=" + image.user(),
                "--regid=" + image.user(),
                "--clear-groups",
                "--bounding-set=-all",
                "--no-new-privs",
                "env",
                "MALLOC_ARENA_MAX=1",
                ProcessHandle.current().info().command().orElseThrow()));
        words.addAll(more);
        for (String line : read(image.root().resolve("app/java.args")).lines().toList()) {
            if (OF_THE_IMAGE.stream().noneMatch(line::startsWith)) {
                words.add(line.replace("/app/lib/", image.root().resolve("app/lib") + "/"));
            }
        }
        words.addAll(List.of("run", "--config", folder.resolve("config").toString()));
        try {
            Process process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            run.ownsProcess(process.pid());
            return process;
        } catch (IOException e) {
            throw new LabException("cannot start a sidecar", e);
        }
    }

    /** The recording is written as the process ends. */
    private static void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(GOODBYE)) {
                throw new LabException("a sidecar does not end within %d s of SIGTERM".formatted(GOODBYE.toSeconds()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while a sidecar ends", e);
        }
    }

    private void print(Path recorded) {
        String jfr = Path.of(System.getProperty("java.home"), "bin", "jfr").toString();
        try {
            Files.createDirectories(recording.getParent());
            Files.copy(recorded, recording, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("the recording of the left sidecar", e);
        }
        VIEWS.keySet().stream().sorted().forEach(view -> {
            System.out.println("# " + VIEWS.get(view));
            System.out.println(Command.of(jfr, "view", "--width", "140", view, recording.toString())
                    .orThrow());
        });
        System.out.println("profile: more of it: jfr view VIEW " + recording);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private record Pair(Ground ground, String rightAddress, Process left, Process right) implements Tunnel {

        @Override
        public List<Long> processes() {
            return List.of(left.pid(), right.pid());
        }

        @Override
        public void close() {
            left.destroy();
            right.destroy();
        }
    }
}
