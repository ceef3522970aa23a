// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * A stock charon with kernel-libipsec (ESP in user space) in a namespace, and its control program. Its plugin
 * "constraints" stays out: in 5.9.8 it refuses every leaf with a URI below an issuer with a URI constraint
 * ("NameConstraint matching not implemented").
 */
final class Charon implements AutoCloseable {

    private static final String PROGRAM = "/usr/sbin/charon-systemd";

    private final InteropLab lab;
    private final Path folder;
    private final LineProcess process;

    Charon(InteropLab lab, int fragment) throws IOException {
        this.lab = lab;
        folder = lab.theirsFolder();
        Files.writeString(folder.resolve("strongswan.conf"), """
                charon-systemd {
                  load = random nonce aes sha1 sha2 hmac kdf gcm openssl curve25519 pem pkcs1 pkcs8 pubkey x509 kernel-libipsec kernel-netlink socket-default vici
                  fragment_size = %d
                  retransmit_timeout = 1
                  retransmit_tries = 3
                  plugins {
                    kernel-netlink { fwmark = !0x42 }
                    socket-default { fwmark = 0x42 }
                    kernel-libipsec { allow_peer_ts = yes }
                    vici { socket = unix://%s/vici }
                  }
                  filelog {
                    log { path = %s/charon.log
                      default = 1
                      ike = 2
                      cfg = 2
                      flush_line = yes
                    }
                  }
                }
                """.formatted(fragment, folder, folder));
        process = new LineProcess(List.of("ip", "netns", "exec", lab.theirs(), PROGRAM), environment());
        awaitSocket();
        swanctl("--load-all");
    }

    static boolean isInstalled() {
        return Files.isExecutable(Path.of(PROGRAM)) && Files.isExecutable(Path.of("/usr/sbin/swanctl"));
    }

    static String connections(InteropLab.Variant variant, String ourName, String theirName) {
        return """
                connections {
                  mesh {
                    version = 2
                    local_addrs = 192.0.2.2,192.0.2.9
                    remote_addrs = 192.0.2.1
                    local_port = 4500
                    remote_port = 4500
                    encap = yes
                    %s
                    dpd_delay = 3
                    proposals = %s
                    fragmentation = yes
                    send_cert = always
                    local { auth = pubkey
                      id = %s
                      certs = leaf.pem }
                    remote { auth = pubkey
                      id = %s }
                    children {
                      net {
                        local_ts = 10.77.0.2/32
                        remote_ts = 10.77.0.1/32
                        esp_proposals = %s
                        start_action = none
                        dpd_action = clear
                      }
                    }
                  }
                }
                """.formatted(
                variant.connectionOptions(), variant.ikeProposals(), theirName, ourName, variant.espProposals());
    }

    private Map<String, String> environment() {
        return Map.of(
                "STRONGSWAN_CONF", folder.resolve("strongswan.conf").toString(),
                "SWANCTL_DIR", folder.resolve("swanctl").toString());
    }

    private void awaitSocket() {
        long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (!Files.exists(folder.resolve("vici"))) {
            if (System.nanoTime() > end) {
                throw new AssertionError("charon did not start: " + process.seen());
            }
            LockSupport.parkNanos(50_000_000);
        }
    }

    String swanctl(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                "env",
                "STRONGSWAN_CONF=" + folder.resolve("strongswan.conf"),
                "SWANCTL_DIR=" + folder.resolve("swanctl"),
                "/usr/sbin/swanctl"));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--uri", "unix://" + folder.resolve("vici")));
        return Commands.run(command.toArray(String[]::new));
    }

    /** Three echo requests from strongSwan's side; all must be answered. */
    void ping() throws IOException {
        Commands.run(
                "ip",
                "netns",
                "exec",
                lab.theirs(),
                "ping",
                "-q",
                "-c",
                "3",
                "-i",
                "0.2",
                "-W",
                "2",
                "-I",
                "10.77.0.2",
                "10.77.0.1");
    }

    /** Takes the process away without a word to its peers. */
    void kill() throws IOException {
        process.kill();
        Files.deleteIfExists(folder.resolve("vici"));
    }

    String log() throws IOException {
        return Files.readString(folder.resolve("charon.log"));
    }

    @Override
    public void close() throws IOException {
        process.close();
    }
}
