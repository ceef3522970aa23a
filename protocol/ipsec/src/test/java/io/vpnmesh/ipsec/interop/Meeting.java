// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Both ends of one cell with the network between them, running; and what every scenario does with them. */
final class Meeting implements AutoCloseable {

    private static final Pattern RECEIVED = Pattern.compile("(\\d+) received");

    private final Role role;
    private final LabNet net;
    private final Engine engine;
    private final Peer peer;

    Meeting(Cell cell, Peer.Factory factory, Path folder) throws IOException {
        role = cell.role();
        Setup setup = cell.setup();
        net = new LabNet(setup.wiring());
        try {
            Identities identities = new Identities(setup.suite(), setup.chain());
            peer = factory.create(net, identities.theirs(), setup.peer());
            engine = new Engine(net, Files.createTempDirectory(folder, "engine"), identities.ours(), setup);
        } catch (IOException | RuntimeException | Error e) {
            net.close();
            throw e;
        }
        try {
            engine.start();
            peer.start();
        } catch (IOException | RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    Role role() {
        return role;
    }

    LabNet net() {
        return net;
    }

    Engine engine() {
        return engine;
    }

    Peer peer() {
        return peer;
    }

    /** The side of the cell's role starts a session with a Child SA; both can send when this returns. */
    void meet() throws IOException {
        if (role == Role.WE_INITIATE) {
            engine.say("connect");
            engine.await("established initiator");
        } else {
            peer.initiate();
            engine.await("established responder");
        }
        engine.await("send-on");
        pingBothWays();
    }

    /** The same with what was negotiated for the IKE SA, as our status names it. */
    void meet(String suite) throws IOException {
        meet();
        assertThat(engine.seen()).anyMatch(line -> line.startsWith("established") && line.endsWith(suite));
    }

    /** As {@link #meet}, but it comes to nothing; what is awaited is what we say about it. */
    String fail() throws IOException {
        if (role == Role.WE_INITIATE) {
            engine.say("connect");
        } else {
            peerFails();
        }
        return engine.await("failed");
    }

    /** The peer starts and it comes to nothing; what it says about it. */
    String peerFails() throws IOException {
        try {
            peer.initiate();
        } catch (IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError("the peer calls it a success");
    }

    void pingBothWays() throws IOException {
        engine.say("ping");
        engine.await("echo-reply");
        peerPings();
    }

    /** Three echo requests from the peer's side; all must be answered. */
    void peerPings() throws IOException {
        peer.run("ping", "-q", "-c", "3", "-i", "0.1", "-W", "2", "-I", "10.77.0.2", "10.77.0.1");
    }

    /** What happens to a session. */
    interface Step {
        void run() throws IOException;
    }

    /**
     * Echo requests of the peer's side, ten a second for ten seconds, while something happens.
     *
     * @param atLeast how many of the hundred must be answered
     */
    void whilePinging(int atLeast, Step step) throws IOException {
        List<String> command = List.of(
                "ip",
                "netns",
                "exec",
                net.theirs(),
                "ping",
                "-q",
                "-c",
                "100",
                "-i",
                "0.1",
                "-W",
                "1",
                "-I",
                "10.77.0.2",
                "10.77.0.1");
        try (LineProcess ping = new LineProcess(command, Map.of())) {
            ping.await("PING", Engine.SOON);
            step.run();
            Matcher received = RECEIVED.matcher(ping.await("100 packets", Engine.SOON));
            assertThat(received.find()).isTrue();
            assertThat(Integer.parseInt(received.group(1)))
                    .as("of 100 echo requests")
                    .isGreaterThanOrEqualTo(atLeast);
        }
    }

    /** The session is alive, by an exchange that we start, and nothing has broken on the way. */
    void isAlive() throws IOException {
        engine.say("live");
        engine.await("alive");
        assertThat(engine.seen()).noneMatch(line -> line.startsWith("closed") || line.startsWith("failed"));
    }

    /** Waits until the peer has logged something. */
    void peerLogs(String text) throws IOException {
        Eventually.within(Engine.SOON, () -> peer.log().contains(text), () -> "the peer does not log: " + text);
    }

    /** What a reader of a failure wants to see. */
    String evidence() {
        String log;
        try {
            List<String> lines = peer.log().lines().toList();
            log = String.join("\n    ", lines.subList(Math.max(0, lines.size() - 60), lines.size()));
        } catch (IOException e) {
            log = e.toString();
        }
        return "\n  we saw:\n    " + String.join("\n    ", engine.seen()) + "\n  the peer's log ends:\n    " + log;
    }

    @Override
    public void close() throws IOException {
        try {
            engine.close();
            peer.close();
        } finally {
            net.close();
        }
    }
}
