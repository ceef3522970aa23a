// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The product: two sidecars as they are injected (the image, its own user, no capability, the limit of memory), set up by
 * the set-up container, that meet over a relay and go direct.
 */
class SidecarContender implements Contender {

    /** Of the whole comparison: rivals' interfaces have it too. */
    static final int MTU = 1420;

    static final int RELAY_PORT = 4500;
    private static final long MIB = 1 << 20;
    private static final long SIDECAR_LIMIT = 160 * MIB;
    private static final long RELAY_LIMIT = 512 * MIB;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final String name;
    private final String aead;
    private final int absent;
    private final ImageBundle sidecar;
    private final ImageBundle relay;
    private String version = "";

    /** @param aead who seals: as the setting crypto.aead */
    SidecarContender(String aead, ImageBundle sidecar, ImageBundle relay) {
        this("vpnmesh, " + aead, aead, 0, sidecar, relay);
    }

    /** @param absent members that the feed has beside the two, and that do not exist */
    SidecarContender(String name, String aead, int absent, ImageBundle sidecar, ImageBundle relay) {
        this.name = name;
        this.aead = aead;
        this.absent = absent;
        this.sidecar = sidecar;
        this.relay = relay;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public SidecarTunnel start(Run run, Ground ground, String label) {
        Path home = run.folder(label);
        LabMesh mesh = new LabMesh(home);
        mesh.relay("relay", ground.relayAddress() + ":" + RELAY_PORT);
        String left = mesh.member("left");
        String right = mesh.member("right");
        mesh.writeFeed(absent);

        Container helper = startRelay(run, ground.right(), home, label, RELAY_PORT);
        Container a = startSidecar(run, ground.left(), home, label, "left");
        Container b = startSidecar(run, ground.right(), home, label, "right");
        SidecarTunnel tunnel = new SidecarTunnel(ground, left, right, a, b, helper);
        awaitDirect(tunnel, a::log);
        version = engine(ground.left());
        return tunnel;
    }

    Container startRelay(Run run, Namespace network, Path home, String label, int port) {
        configure(home, "relay", relay.user(), "udp.port=" + port + "\ntls.port=0\nhealth.port=0\nmetrics.port=0");
        return Container.start(run, relay, order(home, label, "relay", network, relay.user(), RELAY_LIMIT));
    }

    /** Its configuration and its interface. */
    void setUp(Run run, Namespace network, Path home, String label, String node) {
        configure(home, node, sidecar.user(), "");
        Container.runToEnd(run, sidecar, setup(home, label, node, network));
    }

    /** Behind its set-up, as in a pod. */
    Container startSidecar(Run run, Namespace network, Path home, String label, String node) {
        setUp(run, network, home, label, node);
        return Container.start(run, sidecar, order(home, label, node, network, sidecar.user(), memoryLimit()));
    }

    /** Bytes that a sidecar's container may hold. */
    long memoryLimit() {
        return SIDECAR_LIMIT;
    }

    /** Of a process beside what a pod gives it: nothing. */
    List<String> environment(Path folder, String verb) {
        return List.of();
    }

    private Container.Order order(Path home, String label, String node, Namespace network, int user, long limit) {
        return new Container.Order(
                label + "-" + node,
                network,
                user,
                List.of(),
                List.of("run", "--config", home.resolve(node).resolve("config").toString()),
                home.resolve(node),
                limit,
                environment(home.resolve(node), "run"));
    }

    private Container.Order setup(Path home, String label, String node, Namespace network) {
        return new Container.Order(
                label + "-" + node + "-setup",
                network,
                0,
                List.of("CAP_NET_ADMIN", "CAP_MKNOD"),
                List.of(
                        "setup",
                        "--config",
                        home.resolve(node).resolve("config").toString()),
                home.resolve(node),
                memoryLimit(),
                environment(home.resolve(node), "setup"));
    }

    /** @param more further lines; of a name that is set twice the last one counts */
    void configure(Path home, String node, int user, String more) {
        Path folder = home.resolve(node);
        try {
            Files.createDirectories(folder.resolve("state"));
            Files.createDirectories(folder.resolve("dev"));
            Files.writeString(folder.resolve("config"), """
                    identity.dir=%1$s/identity
                    feed.file=%1$s/feed.jsonl
                    state.dir=%1$s/state
                    tun.device=%1$s/dev/tun
                    inbound=all
                    mtu=%2$d
                    crypto.aead=%3$s
                    %4$s
                    """.formatted(folder, MTU, aead, more));
            // Set-up is root without the capability to read what is others', so it comes in by the group.
            Command.of("chown", "-R", user + ":0", folder.toString()).orThrow();
            Command.of("chmod", "-R", "g=u", folder.toString()).orThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Errors: LabException with the left sidecar's log when that takes too long. */
    static void awaitDirect(Tunnel tunnel, Supplier<String> log) {
        Instant deadline = Instant.now().plus(PATIENCE);
        Namespace left = tunnel.ground().left();
        while (Instant.now().isBefore(deadline)) {
            left.command("ping", "-c", "1", "-W", "1", tunnel.rightAddress()).run();
            if (Stream.of(left, tunnel.ground().right()).allMatch(side -> directPaths(side) > 0)) {
                return;
            }
        }
        throw new LabException(
                "no direct path within %d s; the left sidecar's log:%n%s".formatted(PATIENCE.toSeconds(), log.get()));
    }

    /** Name and version of who seals there. */
    static String engine(Namespace side) {
        try {
            var crypto = Json.parse(status(side)).object("crypto");
            return crypto.text("aead") + " " + crypto.text("version");
        } catch (MalformedException e) {
            throw new LabException("the sidecar's status page: " + e.getMessage(), e);
        }
    }

    /** Peers that the sidecar of this host reaches directly. */
    static int directPaths(Namespace side) {
        return status(side).split("\"path\":\"direct\"", -1).length - 1;
    }

    static String status(Namespace side) {
        return side.command("curl", "-s", "-m", "2", "http://127.0.0.1:29901/status")
                .run()
                .out();
    }
}
