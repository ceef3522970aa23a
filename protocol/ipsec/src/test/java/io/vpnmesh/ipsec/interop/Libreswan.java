// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * libreswan's pluto on a kernel of its own that has ESP, told what to do by whack. Its {@link PeerSettings} are in the words
 * of ipsec.conf(5): the daemon's for {@code config setup}, all others for the one connection.
 */
final class Libreswan implements Peer {

    private static final String LIBEXEC = "/usr/libexec/ipsec/";
    private static final String PLUTO = LIBEXEC + "pluto";
    static final String WHACK = LIBEXEC + "whack";

    /** ECDSA with P-256, P-256, AES-GCM. */
    static final PeerSettings SETTINGS = new PeerSettings(
            PeerSettings.ordered(
                    "authby", "ecdsa",
                    "keyexchange", "ikev2",
                    "ike", "aes_gcm256-sha2_384-dh19",
                    "fragmentation", "yes",
                    "mobike", "no",
                    "dpddelay", "3",
                    "retransmit-timeout", "4"),
            PeerSettings.ordered(
                    "leftsubnet", "10.77.0.2/32",
                    "leftupdown", "%disabled",
                    "rightsubnet", "10.77.0.1/32",
                    "esp", "aes_gcm256",
                    "esn", "no",
                    "pfs", "no"),
            PeerSettings.ordered("dnssec-enable", "no"),
            "");

    /** libreswan of another Debian than this machine's. */
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
            return new Libreswan(
                    net, Files.createTempDirectory(folder, "libreswan"), installation, credentials, settings);
        }

        @Override
        public String version() throws IOException {
            if (!installation.has(PLUTO)) {
                throw new IOException(
                        PLUTO + " is missing: 'config/interop-root libreswan' builds a folder that has it");
            }
            return Commands.run(installation.command(PLUTO, "--version").toArray(String[]::new))
                    .replaceFirst("(?s) IKEv2 .*", "");
        }
    }

    private final LabNet net;
    private final Path folder;
    private final Installation installation;
    private @Nullable UserModeLinux machine;

    private Libreswan(
            LabNet net,
            Path folder,
            Installation installation,
            Identities.Credentials credentials,
            PeerSettings settings)
            throws IOException {
        this.net = net;
        this.folder = folder;
        this.installation = installation;
        NssDatabase.fill(folder.resolve("nss"), installation, credentials);
        Files.writeString(folder.resolve("ipsec.secrets"), "");
        Files.writeString(folder.resolve("ipsec.conf"), configuration(credentials, settings));
    }

    /** A setting of a cell stands in the place of what every other has. */
    private String configuration(Identities.Credentials credentials, PeerSettings settings) {
        String expected = settings.expected().isEmpty() ? credentials.peerName() : settings.expected();
        Map<String, String> setup = PeerSettings.ordered(
                "logfile", file("pluto.log").toString(),
                "nssdir", file("nss").toString());
        setup.putAll(settings.daemon());
        Map<String, String> connection = PeerSettings.ordered(
                "left",
                net.theirAddress(),
                "leftid",
                "@" + credentials.name(),
                "leftcert",
                NssDatabase.LEAF,
                "leftsendcert",
                "always",
                "leftikeport",
                "4500",
                "right",
                LabNet.OURS,
                "rightid",
                "@" + expected,
                "rightikeport",
                "4500");
        connection.putAll(settings.connection());
        connection.putAll(settings.child());
        return "config setup\n" + lines(setup) + "\nconn mesh\n" + lines(connection) + "\n";
    }

    private static String lines(Map<String, String> keys) {
        return keys.entrySet().stream()
                .map(e -> "\t" + e.getKey() + "=" + e.getValue())
                .collect(Collectors.joining("\n"));
    }

    /** The machine that it runs on. */
    UserModeLinux machine() {
        if (machine == null) {
            throw new IllegalStateException("libreswan's machine does not run");
        }
        return machine;
    }

    /** As the service of the distribution does it: nothing is left in the kernel, modules, the daemon, the connection. */
    @Override
    public void start() throws IOException {
        if (machine == null) {
            machine = new UserModeLinux(net, folder, installation);
            machine().run("modprobe -a xfrm_user esp4 gcm seqiv && mkdir -p /run/pluto");
        }
        machine().run("ip xfrm state flush; ip xfrm policy flush; rm -f /run/pluto/*");
        machine()
                .run("%s --config %s --secretsfile %s --nofork >%s 2>&1 & echo $! >/run/pluto.pid"
                        .formatted(PLUTO, file("ipsec.conf"), file("ipsec.secrets"), file("pluto.out")));
        machine()
                .run("for i in {1..200}; do [ -S /run/pluto/pluto.ctl ] && exit; sleep 0.05; done; cat "
                        + file("pluto.out") + "; exit 1");
        machine().run("%saddconn --config %s mesh && %s --listen".formatted(LIBEXEC, file("ipsec.conf"), WHACK));
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    private String whack(String arguments) throws IOException {
        return machine().run(WHACK + " " + arguments);
    }

    @Override
    public void initiate() throws IOException {
        whack("--initiate --name mesh");
    }

    @Override
    public void rekeyIke() throws IOException {
        whack("--rekey-ike --name mesh");
    }

    @Override
    public void rekeyChild() throws IOException {
        whack("--rekey-child --name mesh");
    }

    @Override
    public void terminate() throws IOException {
        whack("--terminate --name mesh");
    }

    @Override
    public void terminateChild() throws IOException {
        whack("--down-child --name mesh --asynchronous"); // it would wait for more than the end of it
    }

    /** Each state, SPIs included. */
    @Override
    public String status() throws IOException {
        return whack("--showstates");
    }

    @Override
    public String log() throws IOException {
        Path log = file("pluto.log");
        return Files.exists(log) ? Files.readString(log) : "";
    }

    @Override
    public String run(String... command) throws IOException {
        return machine().run(String.join(" ", command));
    }

    /** The daemon alone: the kernel goes on with the SAs that it has. */
    @Override
    public void kill() throws IOException {
        machine().run("kill -9 $(cat /run/pluto.pid)");
    }

    @Override
    public void close() {
        if (machine != null) {
            machine.close();
        }
    }
}
