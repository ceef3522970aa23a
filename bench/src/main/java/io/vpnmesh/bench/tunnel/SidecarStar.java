// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The product with one sidecar on the left, as it is injected, that talks to many on the right, which are in one process
 * ({@link FarSidecars}) of one namespace, and each have all that a sidecar has.
 */
final class SidecarStar implements Contender {

    private static final int FIRST_PORT = 4600;
    private static final int FIRST_TABLE = 1000;
    private static final double MIB = 1 << 20;

    /** And a second for each peer: all of them begin at once. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final SidecarContender one;
    private final int peers;
    private String version = "";

    SidecarStar(SidecarContender one, int peers) {
        this.one = one;
        this.peers = peers;
    }

    @Override
    public String name() {
        return one.name();
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public Star start(Run run, Ground ground, String label) {
        Path home = run.folder(label);
        LabMesh mesh = new LabMesh(home);
        mesh.relay("relay", ground.relayAddress() + ":" + SidecarContender.RELAY_PORT);
        String left = mesh.member("left");
        List<String> addresses = new ArrayList<>();
        for (int i = 0; i < peers; i++) {
            addresses.add(mesh.member("far" + i));
        }
        mesh.writeFeed();

        Container relay = one.startRelay(run, ground.right(), home, label, SidecarContender.RELAY_PORT);
        Container near = one.startSidecar(run, ground.left(), home, label, "left");
        List<String> configurations = new ArrayList<>();
        for (int i = 0; i < peers; i++) {
            String device = "far" + i;
            one.configure(home, device, 0, """
                    udp.port=%d
                    tun.device=/dev/net/tun
                    tun.name=%s
                    health.port=0
                    metrics.port=0
                    log.level=warn
                    """.formatted(FIRST_PORT + i, device));
            addDevice(ground.right(), device, addresses.get(i), left, FIRST_TABLE + i);
            configurations.add(home.resolve(device).resolve("config").toString());
        }
        Process far = OwnJava.start(run, ground.right(), home.resolve("far.log"), FarSidecars.class, configurations);
        Star star = new Star(ground, addresses, near, relay, far);
        awaitAll(star, home.resolve("far.log"));
        version = SidecarContender.engine(ground.left());
        return star;
    }

    /** What a peer says leaves by its own device. */
    private static void addDevice(Namespace right, String device, String address, String left, int table) {
        right.script("""
                ip tuntap add %1$s mode tun multi_queue vnet_hdr
                ip addr add %2$s/32 dev %1$s
                ip link set %1$s mtu %5$d txqueuelen 4096 up
                ip rule add from %2$s table %4$d
                ip route add %3$s dev %1$s table %4$d
                ip route add %3$s dev %1$s metric %4$d
                """.formatted(device, address, left, table, SidecarContender.MTU));
    }

    private static void awaitAll(Star star, Path log) {
        Duration patience = PATIENCE.plusSeconds(star.rightAddresses().size());
        Instant deadline = Instant.now().plus(patience);
        for (String address : star.rightAddresses()) {
            while (!star.ground
                    .left()
                    .command("ping", "-c", "1", "-W", "1", address)
                    .run()
                    .isSuccess()) {
                if (Instant.now().isAfter(deadline)) {
                    throw new LabException("no answer from %s within %d s: see %s; the near sidecar's log:%n%s"
                            .formatted(address, patience.toSeconds(), log, star.near.log()));
                }
            }
        }
        while (SidecarContender.directPaths(star.ground.left())
                < star.rightAddresses().size()) {
            if (Instant.now().isAfter(deadline)) {
                throw new LabException("not all of the far sidecars are reached directly: "
                        + SidecarContender.status(star.ground.left()));
            }
            star.ground
                    .left()
                    .command("ping", "-c", "1", "-W", "1", star.rightAddress())
                    .run();
        }
    }

    /** @param near the one on the left */
    record Star(Ground ground, List<String> rightAddresses, Container near, Container relay, Process far)
            implements Tunnel {

        @Override
        public String rightAddress() {
            return rightAddresses.getFirst();
        }

        @Override
        public List<Long> processes() {
            return List.of(near.pid(), far.pid());
        }

        @Override
        public OptionalDouble workingSetMib() {
            return OptionalDouble.of(near.workingSet() / MIB);
        }

        @Override
        public void close() {
            near.close();
            relay.close();
            far.destroy();
        }
    }
}
