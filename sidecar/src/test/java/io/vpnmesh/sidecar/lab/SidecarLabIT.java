// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RelayEndpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Two sidecars and a relay as processes, each end behind its own NAT, from set-up to SIGTERM. */
@Tag("lab")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SidecarLabIT {

    private static final String A = "198.18.0.2";
    private static final String B = "198.18.16.2";
    private static final String B_V6 = "fd77:1:0:1::2";
    private static final int PORT = 8080;
    private static final int UNDECLARED = 8081;

    @TempDir
    private static Path folder;

    private static final List<AutoCloseable> OPEN = new ArrayList<>();
    private static LabTopology topology;
    private static SidecarPages pages;
    private static LabAuthority authority;
    private static Program relayProgram;
    private static String classPath;
    private static List<FeedObject.PeerObject> everybody;
    private static int stepsBegun;
    private static int stepsDone;
    private static int bulks;
    private static final Map<String, Program> SIDECARS = new HashMap<>();

    @BeforeAll
    static void build() throws IOException {
        Shell.must("chmod", "755", folder.toString());
        topology = LabTopology.build();
        OPEN.add(topology);
        pages = new SidecarPages(topology.namespaces);
        classPath = Program.readableClassPath(Program.folder(folder, "classes", 0));
        authority = new LabAuthority(3, List.of(LabTopology.STUN + ":3478"));
        NodeIdentity relay = authority.identity(NodeRole.RELAY, 2, 9, 1);
        NodeIdentity a = authority.identity(NodeRole.SIDECAR, 0, 2, 1);
        NodeIdentity b = authority.identity(NodeRole.SIDECAR, 1, 2, 1);
        everybody = List.of(
                peer(
                        2,
                        PeerRecord.relay(
                                relay,
                                "relay-0",
                                new RelayEndpoints(List.of(Endpoint.parse(LabTopology.RELAY + ":4500")), List.of()))),
                peer(0, PeerRecord.sidecar(a, "a", List.of(relay.node()))),
                peer(1, PeerRecord.sidecar(b, "b", List.of(relay.node()))));
        Path ticketKey = folder.resolve("ticket-key");
        Files.write(ticketKey, LabAuthority.bytes(77));
        node("relay", relay, 2, 0, "ticket.key-file=" + ticketKey);
        node("a", a, 0, Program.SIDECAR_UID, "inbound=declared:tcp/" + PORT);
        node("b", b, 1, Program.SIDECAR_UID, "inbound=declared:tcp/" + PORT);
        relayProgram = startRelay();
        OPEN.add(topology.startStun(folder));
    }

    private static Program startRelay() {
        Program program = Program.start(
                "relay", 0, log("relay"), classPath, "io.vpnmesh.relay.Main", "run", "--config", config("relay"));
        OPEN.add(program);
        return program;
    }

    private static FeedObject.PeerObject peer(int cluster, PeerRecord record) {
        return new FeedObject.PeerObject(authority.clusterId(cluster), record);
    }

    private static void node(String name, NodeIdentity identity, int cluster, int uid, String more) throws IOException {
        Path home = Files.createDirectories(folder.resolve(name));
        authority.writeIdentity(home.resolve("identity"), identity, cluster);
        authority.writeFeed(home.resolve("feed.jsonl"), cluster, everybody);
        Files.createDirectories(home.resolve("state"));
        Files.createDirectories(home.resolve("dev"));
        Files.writeString(home.resolve("config"), """
                identity.dir=%1$s/identity
                feed.file=%1$s/feed.jsonl
                state.dir=%1$s/state
                tun.device=%1$s/dev/tun
                log.level=debug
                %2$s
                """.formatted(home, more));
        Program.folder(folder, name, uid);
        // As an emptyDir is: root without DAC_OVERRIDE has to write there too.
        Shell.must("chmod", "777", home.resolve("dev").toString());
    }

    private static String config(String name) {
        return folder.resolve(name).resolve("config").toString();
    }

    private static Path log(String name) {
        return folder.resolve(name + ".log");
    }

    private static Program setup(String name) {
        return Program.startSetup(
                name, log(name + "-setup"), classPath, "io.vpnmesh.sidecar.Main", "setup", "--config", config(name));
    }

    private static Program sidecar(String name) {
        return requireNonNull(SIDECARS.get(name));
    }

    private static void run(String name) {
        Program program = Program.start(
                name,
                Program.SIDECAR_UID,
                log(name),
                classPath,
                "io.vpnmesh.sidecar.Main",
                "run",
                "--config",
                config(name));
        OPEN.add(program);
        SIDECARS.put(name, program);
    }

    @AfterAll
    static void takeDown() throws Exception {
        for (AutoCloseable thing : OPEN.reversed()) {
            thing.close();
        }
    }

    /** The steps build on each other: after the first failure the others would only repeat it slowly. */
    @BeforeEach
    void earlierStepsWorked() {
        assumeTrue(stepsDone == stepsBegun, "an earlier step failed");
        stepsBegun++;
    }

    @Test
    @Order(1)
    void setupMakesTheInterfaceAndMayBeRepeated() throws Exception {
        for (String name : new String[] {"a", "a", "b"}) {
            Program setup = setup(name);
            assertThat(setup.waitFor(30)).as(setup.log()).isZero();
        }
        String link = topology.namespaces.in("a", "ip", "-d", "link", "show", "mesh0");
        assertThat(link)
                .contains("mtu 1438")
                .contains("multi_queue")
                .contains("persist on")
                .contains("user 29173")
                .contains("gso_max_segs 44") // of 1472 bytes as ESP: one train
                .contains("UP");
        assertThat(topology.namespaces.in("a", "ip", "route"))
                .contains("198.18.0.0/16 dev mesh0")
                .contains("src " + A);
        assertThat(topology.namespaces.in("a", "ip", "-6", "route")).contains("fd77:1::/48 dev mesh0");
        assertThat(topology.namespaces.in("a", "ethtool", "-k", "eth0")).contains("generic-receive-offload: on");
        stepsDone++;
    }

    @Test
    @Order(2)
    void aRangeThatThePodNeedsIsRefusedBeforeAnyRoute() throws Exception {
        topology.namespaces.add("c");
        topology.namespaces.in("c", "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "other");
        topology.namespaces.in("c", "ip", "link", "set", "eth0", "up");
        topology.namespaces.in("c", "ip", "addr", "add", "198.18.200.7/24", "dev", "eth0");
        node("c", authority.identity(NodeRole.SIDECAR, 0, 3, 1), 0, Program.SIDECAR_UID, "");

        Program setup = setup("c");

        assertThat(setup.waitFor(30)).isEqualTo(1);
        assertThat(last(setup.log()))
                .contains("no route was added")
                .contains("an address of eth0 (198.18.200.7)")
                .contains("spec.addressing");
        assertThat(topology.namespaces.in("c", "ip", "link")).doesNotContain("mesh0");
        stepsDone++;
    }

    @Test
    @Order(3)
    void aNodeThatForbidsIpv6IsReportedAndTheRestWorks() throws Exception {
        topology.namespaces.add("d");
        topology.namespaces.in("d", "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1");
        topology.namespaces.in("d", "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
        node("d", authority.identity(NodeRole.SIDECAR, 0, 4, 1), 0, Program.SIDECAR_UID, "");

        Program setup = setup("d");

        assertThat(setup.waitFor(30)).as(setup.log()).isZero();
        assertThat(setup.log()).contains("event=ipv6-forbidden");
        assertThat(topology.namespaces.in("d", "ip", "route")).contains("198.18.0.0/16 dev mesh0");
        stepsDone++;
    }

    @Test
    @Order(4)
    void withoutAnyCapabilityPingGoesOverTheRelayAndThenDirect() throws Exception {
        run("a");
        run("b");
        await("a is started", () -> pages.get("a", "started").contains("ok"));
        String capabilities = topology.namespaces.in(
                "a",
                "sh",
                "-c",
                "for s in /proc/[0-9]*/status; do"
                        + " if grep -qs '^Uid:[[:space:]]*29173' $s; then grep '^CapEff' $s; fi; done");
        assertThat(capabilities.lines()).isNotEmpty().allMatch(line -> line.matches("CapEff:\\s+0{16}"));

        await("first answer", () -> ping("a", B));
        await("direct", () -> isPath("a", "direct") && isPath("b", "direct"));
        assertThat(ping("a", B)).isTrue();
        assertThat(ping("a", B_V6)).isTrue();
        stepsDone++;
    }

    /** Nothing asks for the tunnel: it has to be there all the same for whoever looks, or sends the next packet. */
    @Test
    @Order(5)
    void aNatThatIsReplacedWithoutTrafficCostsNoTunnel() throws Exception {
        topology.symmetric();
        await("direct no more", () -> !isPath("a", "direct") && !isPath("b", "direct"));
        await("relayed, both ways", () -> isPath("a", "relayed") && isPath("b", "relayed"));

        topology.endpointIndependent();
        await("direct again, for somebody who asks", () -> {
            ping("a", B);
            return isPath("a", "direct") && isPath("b", "direct");
        });
        stepsDone++;
    }

    @Test
    @Order(6)
    void tcpGoesOnWhileTheNatsTurnSymmetricAndBack() throws Exception {
        OPEN.add(Program.start(
                "b", 65534, log("server"), classPath, "io.vpnmesh.sidecar.lab.TcpStream", "server", "" + PORT));
        await("server", () -> topology.namespaces.in("b", "ss", "-ltn").contains(":" + PORT));
        Program client = Program.start(
                "a", 65534, log("client"), classPath, "io.vpnmesh.sidecar.lab.TcpStream", "client", B, "" + PORT);
        OPEN.add(client);
        await("stream runs", () -> counted(client) >= 50);

        topology.symmetric();
        await(
                "relayed with the reason",
                () -> isPath("a", "relayed") && pages.get("a", "status").contains("SymmetricNat"));
        long before = counted(client);
        await("stream goes on over the relay", () -> counted(client) > before + 100);

        topology.endpointIndependent();
        await("direct again", () -> isPath("a", "direct") && isPath("b", "direct"));
        long later = counted(client);
        await("stream goes on directly", () -> counted(client) > later + 100);
        assertThat(client.isAlive()).isTrue();
        System.out.println("stream: " + last(client.log()));
        stepsDone++;
    }

    /** The server of the step before echoes; both ways at once, over the direct path and a router's NAT. */
    @Test
    @Order(7)
    void bulkTcpTravelsInTrainsAndArrivesUnchanged() throws Exception {
        long sent = pages.trainPackets("a", "udp_send") - pages.trains("a", "udp_send");
        for (String address : new String[] {B, B_V6}) {
            bulk(address, 64L << 20);
        }

        assertThat(pages.trainPackets("a", "udp_send") - pages.trains("a", "udp_send"))
                .isGreaterThan(sent + 10_000);
        for (String stage : new String[] {"tun_read", "udp_send", "udp_receive", "tun_write"}) {
            assertThat(pages.trainPackets("b", stage)).as(stage).isGreaterThan(3 * pages.trains("b", stage));
        }
        assertThat(pages.get("a", "status"))
                .contains("\"tun\":\"tcp-udp\"")
                .contains("\"receivesTrains\":true")
                .contains("\"sendsTrains\":true");
        System.out.println("trains: " + pages.get("b", "status").replaceFirst(".*\"fastPath\"", ""));
        stepsDone++;
    }

    @Test
    @Order(8)
    void anUndeclaredPortIsClosedAndTheDropIsCounted() throws Exception {
        OPEN.add(Program.start(
                "b",
                65534,
                log("undeclared"),
                classPath,
                "io.vpnmesh.sidecar.lab.TcpStream",
                "server",
                "" + UNDECLARED));
        await("server", () -> topology.namespaces.in("b", "ss", "-ltn").contains(":" + UNDECLARED));

        Shell.Result result = topology.namespaces.tryIn("a", "curl", "-m", "2", "-s", "http://" + B + ":" + UNDECLARED);

        assertThat(result.status()).isEqualTo(28);
        assertThat(topology.namespaces.in("b", "curl", "-s", "http://127.0.0.1:29902/metrics"))
                .containsPattern("reason=\"inbound_policy\"} [1-9]");
        stepsDone++;
    }

    @Test
    @Order(9)
    void aKilledSidecarComesBackAndTheStreamGoesOn() throws Exception {
        sidecar("b").kill();
        run("b");
        await("answers again", () -> ping("a", B));
        await("direct again", () -> isPath("a", "direct"));
        stepsDone++;
    }

    /** As on a kernel or in a sandbox that knows less; the peer keeps what it has. */
    @Test
    @Order(10)
    void withFewerOffloadsEverythingStillArrives() throws Exception {
        for (String offload : new String[] {"tcp", "single", "plain"}) {
            sidecar("b").kill();
            Path config = folder.resolve("b/config");
            Files.writeString(
                    config,
                    Files.readString(config).replaceAll("\n(tun.offload|crypto.aead)=.*", "") + "\ntun.offload="
                            + offload + "\ncrypto.aead=jdk\n");
            run("b");
            await("answers again", () -> ping("a", B));
            assertThat(pages.get("b", "status"))
                    .contains("\"tun\":\"" + offload + "\"")
                    .contains("\"aead\":\"jdk\"");
            bulk(B, 4L << 20);
        }
        stepsDone++;
    }

    private static void bulk(String address, long bytes) throws Exception {
        Program bulk = Program.start(
                "a",
                65534,
                log("bulk-" + bulks++),
                classPath,
                "io.vpnmesh.sidecar.lab.TcpStream",
                "bulk",
                address,
                "" + PORT,
                "" + bytes);
        OPEN.add(bulk);
        assertThat(bulk.waitFor(60)).as(bulk.log()).isZero();
        assertThat(last(bulk.log())).startsWith("right=" + bytes);
        System.out.println("bulk: " + last(bulk.log()));
    }

    @Test
    @Order(11)
    void aRestartedRelayHasItsClientsBackByTheirTickets() throws Exception {
        assertThat(resumed()).isEmpty();
        relayProgram.kill();
        relayProgram = startRelay();

        await("both sidecars resumed", () -> resumed().size() == 2);
        await("the relay is their home again", () -> isAttached("a") && isAttached("b"));
        assertThat(ping("a", B)).isTrue();
        stepsDone++;
    }

    @Test
    @Order(12)
    void aWithdrawnPodIsRefused() throws Exception {
        List<FeedObject.PeerObject> withoutB = everybody.stream()
                .filter(object -> !object.record().node().equals(NodeId.of(LabAuthority.bytes(18))))
                .toList();
        authority.writeFeed(folder.resolve("a/feed.jsonl"), 0, withoutB);

        await("gone from the list", () -> !pages.get("a", "status").contains("\"path\""));
        // b may take a while to learn that its SA is gone; only a new demand makes it ask again.
        await("refused by name", () -> {
            assertThat(ping("b", A)).isFalse();
            return sidecar("a").log().contains("event=peer-refused");
        });

        authority.writeFeed(folder.resolve("a/feed.jsonl"), 0, everybody);
        await("welcome again", () -> ping("b", A));
        stepsDone++;
    }

    @Test
    @Order(13)
    void sigtermEndsWithinTwoSecondsAndThePeerHears() throws Exception {
        long closedBefore = closed(sidecar("a"));
        Instant asked = Instant.now();
        sidecar("b").terminate();
        sidecar("b").waitFor(5);
        assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofSeconds(2));
        await("the peer heard", () -> closed(sidecar("a")) > closedBefore);
        assertThat(Duration.between(asked, Instant.now())).isLessThan(Duration.ofSeconds(3));
        stepsDone++;
    }

    /** Nodes that came back to a relay by a ticket, as it says. */
    private static Set<String> resumed() {
        return relayProgram
                .log()
                .lines()
                .filter(line -> line.contains("event=client-up") && line.contains(" resumed"))
                .map(line -> line.replaceAll(".* node=(\\S+).*", "$1"))
                .collect(Collectors.toSet());
    }

    private static boolean isAttached(String name) {
        return last(sidecar(name)
                        .log()
                        .lines()
                        .filter(line -> line.contains("event=relay-"))
                        .collect(Collectors.joining("\n")))
                .contains("event=relay-attached");
    }

    private static boolean ping(String from, String to) {
        return topology.namespaces.tryIn(from, "ping", "-c", "1", "-W", "1", to).status() == 0;
    }

    private static boolean isPath(String host, String path) {
        return pages.get(host, "status").contains("\"path\":\"" + path + "\"");
    }

    private static long counted(Program client) {
        String line = last(client.log());
        return line.startsWith("count=") ? Long.parseLong(line.substring(6, line.indexOf(' '))) : -1;
    }

    private static long closed(Program program) {
        return program.log()
                .lines()
                .filter(line -> line.contains("event=ike-closed"))
                .count();
    }

    private static String last(String log) {
        return log.substring(log.lastIndexOf('\n') + 1);
    }

    private static String tail(String host) {
        return "\n--- log of " + host + "\n"
                + Shell.run("tail", "-n", "40", log(host).toString()).output();
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        Instant deadline = Instant.now().plusSeconds(40);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("waited in vain: " + what + "\n--- status a: " + pages.get("a", "status")
                        + "\n--- status b: " + pages.get("b", "status") + tail("a") + tail("b") + tail("relay"));
            }
            Thread.sleep(100);
        }
    }
}
