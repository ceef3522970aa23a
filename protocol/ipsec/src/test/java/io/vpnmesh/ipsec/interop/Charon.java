// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import io.vpnmesh.core.x509.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A stock charon with kernel-libipsec (ESP in user space) in a namespace, told what to do by swanctl. */
final class Charon implements Peer {

    private static final String PROGRAM = "/usr/sbin/charon-systemd";
    private static final String SWANCTL = "/usr/sbin/swanctl";
    private static final String PLUGINS =
            "random nonce aes sha1 sha2 hmac kdf gcm chapoly openssl curve25519 pem pkcs1 pkcs8"
                    + " pubkey x509 constraints kernel-libipsec kernel-netlink socket-default vici";

    /** strongSwan as this machine's Debian ships it, or another's. */
    static final class Factory implements Peer.Factory {
        private final Path folder;
        private final Installation installation;

        /** @param folder for keys, configurations and logs */
        Factory(Path folder, Installation installation) {
            this.folder = folder;
            this.installation = installation;
        }

        @Override
        public Peer create(LabNet net, Identities.Credentials credentials, PeerSettings settings) throws IOException {
            return new Charon(net, Files.createTempDirectory(folder, "charon"), installation, credentials, settings);
        }

        @Override
        public String version() throws IOException {
            if (!installation.has(PROGRAM) || !installation.has(SWANCTL)) {
                throw new IOException(
                        PROGRAM + " or " + SWANCTL + " is missing: 'config/interop packages' as root installs"
                                + " what config/interop-packages names");
            }
            // It also wants to reach a daemon, and fails without one.
            return Commands.run(installation
                            .command("sh", "-c", SWANCTL + " --version || true")
                            .toArray(String[]::new))
                    .lines()
                    .filter(line -> line.startsWith("strongSwan"))
                    .map(line -> line.replaceFirst(" swanctl.*", ""))
                    .findFirst()
                    .orElseThrow(() -> new IOException(SWANCTL + " does not know its version"));
        }
    }

    private final LabNet net;
    private final Path folder;
    private final Installation installation;
    private final PeerSettings settings;
    private @Nullable LineProcess process;

    private Charon(
            LabNet net,
            Path folder,
            Installation installation,
            Identities.Credentials credentials,
            PeerSettings settings)
            throws IOException {
        this.net = net;
        this.folder = folder;
        this.installation = installation;
        this.settings = settings;
        Path swanctl = folder.resolve("swanctl");
        for (String name : List.of("x509", "x509ca", "private")) {
            Files.createDirectories(swanctl.resolve(name));
        }
        Files.writeString(swanctl.resolve("x509/leaf.pem"), Pem.encode(credentials.leaf()));
        Files.writeString(swanctl.resolve("x509ca/root.pem"), Pem.encode(credentials.root()));
        Files.writeString(swanctl.resolve("private/key.pem"), Pem.encode(credentials.key()));
        Files.writeString(swanctl.resolve("swanctl.conf"), connections(credentials));
        Files.writeString(folder.resolve("strongswan.conf"), daemon());
    }

    /** The marks keep IKE and ESP themselves out of the tunnel's routes. */
    private String daemon() {
        return """
                charon-systemd {
                  load = %s
                  %s
                  plugins {
                    kernel-netlink { fwmark = !0x42 }
                    socket-default { fwmark = 0x42 }
                    kernel-libipsec { allow_peer_ts = yes }
                    vici { socket = unix://%s }
                  }
                  journal { default = -1 }
                  syslog { daemon { default = -1 } }
                  filelog { log {
                    path = %s
                    default = 1
                    ike = 2
                    cfg = 2
                    flush_line = yes
                  } }
                }
                """.formatted(PLUGINS, lines(settings.daemon()), socket(), folder.resolve("charon.log"));
    }

    private String connections(Identities.Credentials credentials) {
        String expected = settings.expected().isEmpty() ? credentials.peerName() : settings.expected();
        return """
                connections { mesh {
                  version = 2
                  local_addrs = %s,192.0.2.9
                  remote_addrs = %s
                  local_port = 4500
                  remote_port = 4500
                  send_cert = always
                  %s
                  local { auth = pubkey
                    id = %s
                    certs = leaf.pem }
                  remote { auth = pubkey
                    id = %s }
                  children { net {
                    %s
                  } }
                } }
                """.formatted(
                        net.theirAddress(),
                        LabNet.OURS,
                        lines(settings.connection()),
                        credentials.name(),
                        expected,
                        lines(settings.child()));
    }

    private static String lines(Map<String, String> keys) {
        return keys.entrySet().stream()
                .map(e -> e.getKey() + " = " + e.getValue())
                .collect(Collectors.joining("\n    "));
    }

    private Path socket() {
        return folder.resolve("vici");
    }

    private Map<String, String> environment() {
        return Map.of(
                "STRONGSWAN_CONF", folder.resolve("strongswan.conf").toString(),
                "SWANCTL_DIR", folder.resolve("swanctl").toString());
    }

    @Override
    public void start() throws IOException {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", net.theirs()));
        command.addAll(installation.command(PROGRAM));
        LineProcess started = new LineProcess(command, environment());
        process = started;
        long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (!Files.exists(socket())) {
            if (System.nanoTime() > end) {
                throw new AssertionError("charon did not start: " + started.seen());
            }
            LockSupport.parkNanos(20_000_000);
        }
        swanctl("--load-all");
    }

    private String swanctl(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("env"));
        environment().forEach((key, value) -> command.add(key + "=" + value));
        command.addAll(installation.command(SWANCTL));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--uri", "unix://" + socket()));
        return Commands.run(command.toArray(String[]::new));
    }

    @Override
    public void initiate() throws IOException {
        swanctl("--initiate", "--child", "net", "--timeout", "15");
    }

    @Override
    public void rekeyIke() throws IOException {
        swanctl("--rekey", "--ike", "mesh");
    }

    @Override
    public void rekeyChild() throws IOException {
        try {
            swanctl("--rekey", "--child", "net");
        } catch (IllegalStateException e) {
            // While the IKE SA is being renewed, its Child SAs belong to neither: charon finds none then.
            if (!String.valueOf(e.getMessage()).contains("no matching SAs")) {
                throw e;
            }
            swanctl("--rekey", "--child", "net");
        }
    }

    @Override
    public void terminate() throws IOException {
        swanctl("--terminate", "--ike", "mesh", "--timeout", "10");
    }

    @Override
    public void terminateChild() throws IOException {
        swanctl("--terminate", "--child", "net", "--timeout", "10");
    }

    @Override
    public String status() throws IOException {
        return swanctl("--list-sas");
    }

    @Override
    public String run(String... command) throws IOException {
        return net.in(net.theirs(), command);
    }

    @Override
    public String log() throws IOException {
        Path log = folder.resolve("charon.log");
        return Files.exists(log) ? Files.readString(log) : "";
    }

    @Override
    public void kill() throws IOException {
        if (process != null) {
            process.kill();
        }
        Files.deleteIfExists(socket());
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            process.close();
        }
    }
}
