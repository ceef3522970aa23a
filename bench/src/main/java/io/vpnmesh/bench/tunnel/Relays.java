// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who forwards between two hosts. Ours and the one in C have the C forwarder's two ends, so that they are compared with
 * each other and not their ends; a client of our relay beside each end ({@link RelayClientMain}) proves the end's address
 * and leases its SPI.
 */
final class Relays {

    static final List<String> ALL =
            List.of(Bar.RELAY_C, Bar.RELAY, Bar.RELAY_WIREGUARD, Bar.RELAY_NEBULA, Bar.RELAY_COTURN);

    /** Of the C forwarder's ends, and of those who speak for them. */
    private static final int PORT = 4510;

    private static final int CLIENT_PORT = 4511;
    private static final int TURN_PORT = 3478;

    /** What goes from the left end to the right one, and back, as in {@code bench/rivals/c}. */
    private static final String TO_RIGHT = "80001001";

    private static final String TO_LEFT = "80001002";

    /** 40 bytes behind the UDP header, as with TURN's 4 in front of 36. */
    private static final int BEHIND_ESP = 24;

    private static final int BEHIND_TURN = 36;

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Run run;
    private final SidecarContender product;

    Relays(Run run, SidecarContender product) {
        this.run = run;
        this.product = product;
    }

    /**
     * One that stands between two ends.
     *
     * @param counted the relay's processes
     * @param ends of a tunnel through it; none for one that carries no tunnel
     * @param lone who sends packets through the relay alone, when the ends are gone; none where it is its own end
     */
    record Standing(
            String version,
            RelayGround ground,
            List<Long> counted,
            Optional<ScriptContender.Standing> ends,
            Optional<Lone> lone) {

        /** With the relay's cost alone. */
        Optional<Tunnel> tunnel() {
            return ends.map(standing -> new Through(standing, counted));
        }
    }

    private record Through(Tunnel ends, List<Long> processes) implements Tunnel {

        @Override
        public Ground ground() {
            return ends.ground();
        }

        @Override
        public String rightAddress() {
            return ends.rightAddress();
        }

        @Override
        public void close() {
            ends.close();
        }
    }

    /** Arguments of the probe, here and there. */
    record Lone(List<String> serve, List<String> ask) {}

    Standing start(String name, String label) {
        RelayGround ground = RelayGround.make(run, label);
        return switch (name) {
            case Bar.RELAY_C ->
                ofScript(ScriptContender.relayed(name, "c", ground), ground, label, Optional.of(esp(ground)));
            case Bar.RELAY -> ours(ground, label);
            case Bar.RELAY_WIREGUARD ->
                ofScript(ScriptContender.relayed(name, "wireguard", ground), ground, label, Optional.empty());
            case Bar.RELAY_NEBULA ->
                ofScript(ScriptContender.relayed(name, "nebula", ground), ground, label, Optional.empty());
            case Bar.RELAY_COTURN -> {
                Standing coturn = ofScript(
                        ScriptContender.relayed(name, "coturn", ground), ground, label, Optional.of(turn(ground)));
                yield new Standing(coturn.version, ground, coturn.counted, Optional.empty(), coturn.lone);
            }
            default -> throw new LabException("no relay " + name);
        };
    }

    private Standing ofScript(ScriptContender script, RelayGround ground, String label, Optional<Lone> lone) {
        ScriptContender.Standing standing = script.start(run, ground.ends(), label);
        return new Standing(script.version(), ground, standing.processes(), Optional.of(standing), lone);
    }

    private Standing ours(RelayGround ground, String label) {
        Path home = run.folder(label + "-ours");
        LabMesh mesh = new LabMesh(home);
        mesh.relay("relay", ground.toLeft() + ":" + PORT);
        mesh.member("left");
        mesh.member("right");
        mesh.writeFeed();
        Container relay = product.startRelay(run, ground.hub(), home, label, PORT);
        speakFor(ground.ends().left(), home, "left", ground.toLeft(), TO_LEFT);
        speakFor(ground.ends().right(), home, "right", ground.toRight(), TO_RIGHT);
        ScriptContender ends =
                new ScriptContender(Bar.RELAY, "c", List.of("HUB=" + ground.words("-"), "FOREIGN_HUB=1"), "m");
        ScriptContender.Standing standing = ends.start(run, ground.ends(), label);
        return new Standing("the image", ground, List.of(relay.pid()), Optional.of(standing), Optional.of(esp(ground)));
    }

    /** Starts a client whose datagrams have the end's port outside: what is not the end's ESP is the client's. */
    private void speakFor(Namespace host, Path home, String node, String relay, String spi) {
        host.nft("""
                table ip bench {
                  chain arriving {
                    type filter hook prerouting priority raw;
                    iifname "eth0" udp dport %1$d @th,64,16 != 0x8000 udp dport set %2$d
                  }
                  chain leaving {
                    type filter hook output priority raw;
                    udp sport %2$d udp sport set %1$d
                  }
                }
                """.formatted(PORT, CLIENT_PORT));
        Path log = home.resolve(node + ".log");
        Path folder = home.resolve(node);
        OwnJava.start(
                run,
                host,
                log,
                RelayClientMain.class,
                List.of(
                        folder.resolve("identity").toString(),
                        folder.resolve("feed.jsonl").toString(),
                        relay + ":" + PORT,
                        "" + CLIENT_PORT,
                        spi));
        Instant deadline = Instant.now().plus(PATIENCE);
        while (!read(log).contains("leased")) {
            if (Instant.now().isAfter(deadline)) {
                throw new LabException(
                        "no lease from the relay within %d s: %s".formatted(PATIENCE.toSeconds(), read(log)));
            }
            Machine.pause(Duration.ofMillis(100));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Lone esp(RelayGround ground) {
        return new Lone(
                List.of(ground.ends().rightAddress(), "" + PORT, "--esp", "0x" + TO_LEFT),
                List.of(ground.toLeft(), "" + PORT, "--esp", PORT + ":0x" + TO_RIGHT, "--size", "" + BEHIND_ESP));
    }

    private static Lone turn(RelayGround ground) {
        return new Lone(
                List.of(ground.ends().rightAddress(), "" + PORT),
                List.of(
                        ground.ends().rightAddress(),
                        "" + PORT,
                        "--turn",
                        ground.toLeft() + ":" + TURN_PORT,
                        "--size",
                        "" + BEHIND_TURN));
    }

    /** In the place of both ends, which have ended. */
    Load.Packets lone(Standing standing, Lone lone, int seconds) {
        Ground ends = standing.ground.ends();
        List<String> serve = new ArrayList<>(List.of(Load.program(), "serve"));
        serve.addAll(lone.serve);
        List<String> ask = new ArrayList<>(lone.ask);
        ask.addAll(List.of("--seconds", "" + seconds));
        List<String> words = new ArrayList<>(ends.right().prefix());
        words.addAll(serve);
        try {
            Process server = new ProcessBuilder(words).redirectErrorStream(true).start();
            run.ownsProcess(server.pid());
            Machine.pause(Duration.ofMillis(200));
            try {
                return asked(ends.left(), standing.counted, ask);
            } finally {
                server.destroy();
            }
        } catch (IOException e) {
            throw new LabException("cannot start the probe: bench/rivals/build provides it", e);
        }
    }

    /** A TURN server refused once, in half an hour of work that was lost with it: ask once more, from another port. */
    private static Load.Packets asked(Namespace host, List<Long> counted, List<String> ask) {
        try {
            return Load.packets(host, counted, ask);
        } catch (LabException e) {
            if (!String.valueOf(e.getMessage()).contains("refused the allocation")) {
                throw e;
            }
            System.out.println("bench: once more, from another port: " + e.getMessage());
            return Load.packets(host, counted, ask);
        }
    }
}
