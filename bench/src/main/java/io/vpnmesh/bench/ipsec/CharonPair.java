// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.testkit.MeshAuthority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Two stock charons in namespaces of their own, joined by a cable, with Ed25519 certificates of a mesh: the same classic
 * handshake as ours, and its Delete. Both are told what to do by swanctl, whose own time does not count.
 */
final class CharonPair implements AutoCloseable {

    private static final Path CHARON = Path.of("/usr/sbin/charon-systemd");
    private static final int HANDSHAKES = 200;
    private static final int WARM_UP = 10;
    private static final int SECONDS = 30;

    /** As many commands as all handshakes need, each of which asks for nothing: the price of being told. */
    private static final int IDLE_COMMANDS = 2 * HANDSHAKES;

    private record Side(String namespace, Path folder, String own, String peer, Process process) {}

    private final Path folder;
    private final String left = "vmbi-a-" + ProcessHandle.current().pid();
    private final String right = "vmbi-b-" + ProcessHandle.current().pid();
    private final List<Side> sides = new ArrayList<>();
    private final MeshAuthority mesh = new MeshAuthority(SuiteName.DEFAULT, Instant.now());

    /** Errors: IOException with the fix when strongSwan is not installed, or does not start. */
    CharonPair() throws IOException {
        if (!Files.isExecutable(CHARON)) {
            throw new IOException(CHARON + " is missing: 'make bench-ipsec' as root installs strongSwan, or install"
                    + " charon-systemd, strongswan-swanctl and libstrongswan-extra-plugins");
        }
        folder = Files.createTempDirectory("vpnmesh-bench");
        try {
            run("ip", "netns", "add", left);
            run("ip", "netns", "add", right);
            run("ip", "link", "add", "veth0", "netns", left, "type", "veth", "peer", "name", "veth0", "netns", right);
            sides.add(start(left, 1, 2));
            sides.add(start(right, 2, 1));
            sides.forEach(this::load);
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** As the daemon says it: {@code strongSwan 5.9.8 charon-systemd (…)}. */
    String version() {
        String text = swanctl(sides.getFirst(), "--version", "--daemon");
        return String.join(" ", List.of(text.strip().split(" ")).subList(0, 2));
    }

    private Side start(String namespace, int own, int peer) throws IOException {
        run("ip", "-n", namespace, "link", "set", "lo", "up");
        run("ip", "-n", namespace, "link", "set", "veth0", "up");
        run("ip", "-n", namespace, "addr", "add", "192.0.2." + own + "/24", "dev", "veth0");
        run("ip", "-n", namespace, "addr", "add", MeshAuthority.address(own) + "/32", "dev", "lo");
        Path place = Files.createDirectories(folder.resolve(namespace));
        Path swanctl = place.resolve("swanctl");
        for (String name : List.of("x509", "x509ca", "private")) {
            Files.createDirectories(swanctl.resolve(name));
        }
        MeshAuthority.Member member = mesh.member(own);
        Files.writeString(swanctl.resolve("x509/leaf.pem"), Pem.encode(member.leaf()));
        Files.writeString(swanctl.resolve("x509ca/root.pem"), Pem.encode(mesh.root()));
        Files.writeString(swanctl.resolve("x509ca/intermediate.pem"), Pem.encode(mesh.foreignIntermediate()));
        Files.writeString(swanctl.resolve("private/key.pem"), Pem.encode(member.key()));
        Files.writeString(swanctl.resolve("swanctl.conf"), connection(own, peer));
        Files.writeString(place.resolve("strongswan.conf"), daemon(place));
        ProcessBuilder builder = new ProcessBuilder("ip", "netns", "exec", namespace, CHARON.toString())
                .redirectErrorStream(true)
                .redirectOutput(place.resolve("output").toFile());
        builder.environment()
                .put("STRONGSWAN_CONF", place.resolve("strongswan.conf").toString());
        builder.environment().put("SWANCTL_DIR", swanctl.toString());
        return new Side(namespace, place, "192.0.2." + own, "192.0.2." + peer, builder.start());
    }

    /** The plugins of the same work as ours and what a user-space data path needs; nothing is logged but errors. */
    private static String daemon(Path place) {
        return """
                charon-systemd {
                  load = random nonce aes sha1 sha2 hmac kdf gcm openssl curve25519 pem pkcs1 pkcs8 pubkey x509 constraints kernel-libipsec kernel-netlink socket-default vici
                  plugins {
                    kernel-netlink { fwmark = !0x42 }
                    socket-default { fwmark = 0x42 }
                    kernel-libipsec { allow_peer_ts = yes }
                    vici { socket = unix://%s/vici }
                  }
                  journal { default = -1 }
                  syslog { daemon { default = -1 } }
                }
                """.formatted(place);
    }

    private String connection(int own, int peer) {
        return """
                connections { mesh {
                  version = 2
                  local_addrs = 192.0.2.%d
                  remote_addrs = 192.0.2.%d
                  local_port = 4500
                  remote_port = 4500
                  encap = yes
                  mobike = no
                  send_cert = always
                  proposals = aes256gcm16-prfsha256-x25519
                  local { auth = pubkey
                    id = %s
                    certs = leaf.pem }
                  remote { auth = pubkey
                    id = %s }
                  children { net {
                    local_ts = %s/32
                    remote_ts = %s/32
                    esp_proposals = aes256gcm16-noesn
                  } }
                } }
                """.formatted(
                        own,
                        peer,
                        mesh.identity(own).dnsName(),
                        mesh.identity(peer).dnsName(),
                        MeshAuthority.address(own),
                        MeshAuthority.address(peer));
    }

    private void load(Side side) {
        long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
        while (!Files.exists(side.folder.resolve("vici"))) {
            if (!side.process.isAlive() || System.nanoTime() > end) {
                throw new IllegalStateException("charon does not start: " + output(side));
            }
            LockSupport.parkNanos(20_000_000);
        }
        swanctl(side, "--load-all");
    }

    private static String output(Side side) {
        try {
            return Files.readString(side.folder.resolve("output"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Processor time of both daemons for one handshake with its Delete, in nanoseconds. */
    double processorNsPerHandshake() {
        shake(WARM_UP);
        long before = processorNs();
        shake(HANDSHAKES);
        long worked = processorNs() - before;
        before = processorNs();
        for (int i = 0; i < IDLE_COMMANDS; i++) {
            swanctl(sides.getFirst(), "--list-sas");
        }
        long told = processorNs() - before;
        return (worked - told) / (double) HANDSHAKES;
    }

    private void shake(int times) {
        Side initiator = sides.getFirst();
        for (int i = 0; i < times; i++) {
            String initiated = swanctl(initiator, "--initiate", "--child", "net", "--timeout", "10");
            if (!initiated.contains("initiate completed successfully")) {
                throw new IllegalStateException("strongSwan's handshake failed: " + initiated);
            }
            swanctl(initiator, "--terminate", "--ike", "mesh", "--timeout", "10");
        }
    }

    /** User and system time of all threads, out of /proc/PID/stat. */
    private long processorNs() {
        long sum = 0;
        for (Side side : sides) {
            sum += side.process.info().totalCpuDuration().orElseThrow().toNanos();
        }
        return sum;
    }

    private static String swanctl(Side side, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "STRONGSWAN_CONF=" + side.folder.resolve("strongswan.conf"),
                "SWANCTL_DIR=" + side.folder.resolve("swanctl"),
                "/usr/sbin/swanctl"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--uri", "unix://" + side.folder.resolve("vici")));
        try {
            return run(command.toArray(String[]::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String run(String... command) throws IOException {
        List<String> bounded = new ArrayList<>(List.of("timeout", "-k", "1", "" + SECONDS));
        bounded.addAll(List.of(command));
        Process process = new ProcessBuilder(bounded).redirectErrorStream(true).start();
        process.getOutputStream().close();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + output);
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    @Override
    public void close() throws IOException {
        for (Side side : sides) {
            side.process.destroy();
            try {
                if (!side.process.waitFor(5, TimeUnit.SECONDS)) {
                    side.process.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        for (String namespace : List.of(left, right)) {
            if (Files.exists(Path.of("/run/netns", namespace))) {
                run("ip", "netns", "del", namespace);
            }
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
