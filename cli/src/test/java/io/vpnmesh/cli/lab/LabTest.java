// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.cli.Cli;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabTest {

    @TempDir
    Path folder;

    private String dir;

    @BeforeEach
    void makeMesh() {
        dir = folder.resolve("mesh").toString();
        ok("lab", "ca", "--dir", dir, "--cluster", "north=198.18.0.0/20", "--cluster", "south=198.18.16.0/20");
    }

    @Test
    void identityIsWhatANodeAndItsPeersAccept() throws Exception {
        ok("lab", "identity", "--dir", dir, "--cluster", "north", "alpha");

        Path node = folder.resolve("mesh/nodes/alpha");
        MeshKeyPair key = MeshKeyPair.of(Pem.privateKey(Files.readString(node.resolve("key.pem"))));
        List<X509Certificate> chain = Pem.certificates(Files.readString(node.resolve("chain.pem")));
        List<X509Certificate> roots = Pem.certificates(Files.readString(node.resolve("roots.pem")));
        Verdict verdict = new CertificateVerifier(roots, List.of()).verifyChain(chain.subList(0, 2), Instant.now());
        assertThat(verdict).isInstanceOf(Verdict.Trusted.class);
        Verdict.Trusted trusted = (Verdict.Trusted) verdict;
        assertThat(trusted.leaf().getPublicKey()).isEqualTo(key.publicKey());
        assertThat(trusted.identity().addresses()).containsExactly(IpAddress.parse("198.18.0.1"));
        assertThat(Files.getPosixFilePermissions(node.resolve("key.pem")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    @Test
    void feedSaysWhoOwnsWhatAndWhereRelaysAre() throws Exception {
        ok(
                "lab",
                "identity",
                "--dir",
                dir,
                "--cluster",
                "north",
                "relay",
                "--role",
                "relay",
                "--udp",
                "192.0.2.1:4500");
        ok("lab", "identity", "--dir", dir, "--cluster", "north", "alpha");
        ok("lab", "identity", "--dir", dir, "--cluster", "south", "beta");

        List<FeedEvent> events = feed("south");

        assertThat(events.getFirst().object())
                .isInstanceOfSatisfying(
                        FeedObject.MeshObject.class,
                        mesh -> assertThat(events)
                                .anySatisfy(event -> assertThat(event.object())
                                        .isInstanceOfSatisfying(FeedObject.ClusterObject.class, cluster -> {
                                            assertThat(cluster.name()).isEqualTo("south");
                                            assertThat(cluster.clusterId()).isEqualTo(mesh.ownCluster());
                                        })));
        assertThat(events.getLast().type()).isEqualTo(FeedEvent.Type.BOOKMARK);
        FeedObject.PeerObject relay = peer(events, "relay");
        assertThat(relay.record().role()).isEqualTo(NodeRole.RELAY);
        assertThat(peer(events, "beta").record().homeRelays())
                .containsExactly(relay.record().node());
        assertThat(peer(events, "alpha").record().addresses()).containsExactly(IpAddress.parse("198.18.0.2"));
    }

    @Test
    void nodeLeftOutIsGoneFromTheFeed() throws Exception {
        ok("lab", "identity", "--dir", dir, "--cluster", "north", "alpha");
        ok("lab", "identity", "--dir", dir, "--cluster", "north", "beta");

        assertThat(feed("north", "--without", "alpha").stream()
                        .map(event -> event.object().key()))
                .filteredOn(key -> key.startsWith("peer/"))
                .hasSize(1);
    }

    @Test
    void secondIdentityHasTheNextGenerationAndTheSameAddress() throws Exception {
        ok("lab", "identity", "--dir", dir, "--cluster", "north", "alpha");
        ok("lab", "identity", "--dir", dir, "--cluster", "north", "beta");
        ok("lab", "identity", "--dir", dir, "--cluster", "north", "alpha");

        FeedObject.PeerObject alpha = peer(feed("north"), "alpha");

        assertThat(alpha.record().generation()).isEqualTo(2);
        assertThat(alpha.record().addresses()).containsExactly(IpAddress.parse("198.18.0.1"));
    }

    @Test
    void rootAndClusterAreNeverMadeAgain() throws Exception {
        String root = Files.readString(folder.resolve("mesh/root/cert.pem"));

        Cli again = Cli.run("lab", "ca", "--dir", dir, "--cluster", "north=198.18.32.0/20");
        ok("lab", "ca", "--dir", dir, "--cluster", "west=198.18.32.0/20");

        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.err()).contains("never made again");
        assertThat(Files.readString(folder.resolve("mesh/root/cert.pem"))).isEqualTo(root);
        assertThat(folder.resolve("mesh/clusters/west/full.pem")).exists();
    }

    @Test
    void mistakesNameTheFix() {
        ok("lab", "identity", "--dir", dir, "--cluster", "north", "alpha");

        assertThat(error("lab", "ca", "--dir", dir, "--cluster", "x=198.18.0.0/21"))
                .contains("overlaps");
        assertThat(error("lab", "ca", "--dir", dir, "--cluster", "x=10.0.0.0/8"))
                .contains("outside the mesh's range");
        assertThat(error("lab", "ca", "--dir", dir, "--cluster", "x=10.0.0.1/8"))
                .contains("write 10.0.0.0/8");
        assertThat(error("lab", "ca", "--dir", dir, "--cluster", "X!=198.18.64.0/20"))
                .contains("DNS label");
        assertThat(error("lab", "identity", "--dir", dir, "--cluster", "east", "beta"))
                .contains("[north, south]");
        assertThat(error("lab", "identity", "--dir", dir, "--cluster", "north", "b", "--address", "198.18.16.1"))
                .contains("outside the prefixes");
        assertThat(error("lab", "identity", "--dir", dir, "--cluster", "north", "b", "--address", "198.18.0.1"))
                .contains("another node");
        assertThat(error("lab", "identity", "--dir", dir, "--cluster", "north", "r", "--role", "relay"))
                .contains("--udp");
        assertThat(error("lab", "feed", "--dir", dir, "--cluster", "north", "--inbound", "Some"))
                .contains("DeclaredPorts");
        assertThat(error("lab", "feed", "--dir", folder.resolve("none").toString(), "--cluster", "north"))
                .contains("lab ca");
    }

    private List<FeedEvent> feed(String cluster, String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("lab", "feed", "--dir", dir, "--cluster", cluster));
        Path file = folder.resolve("feed.jsonl");
        arguments.addAll(List.of("-f", file.toString()));
        arguments.addAll(List.of(more));
        ok(arguments.toArray(new String[0]));
        List<FeedEvent> events = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            events.add(FeedCodec.decode(line));
        }
        return events;
    }

    private static FeedObject.PeerObject peer(List<FeedEvent> events, String name) {
        return events.stream()
                .map(FeedEvent::object)
                .filter(FeedObject.PeerObject.class::isInstance)
                .map(FeedObject.PeerObject.class::cast)
                .filter(peer -> peer.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void ok(String... arguments) {
        Cli cli = Cli.run(arguments);
        assertThat(cli.exit()).as(cli.err()).isZero();
    }

    private static String error(String... arguments) {
        Cli cli = Cli.run(arguments);
        assertThat(cli.exit()).isEqualTo(1);
        assertThat(cli.err()).startsWith("error: ").doesNotContain("a fault of this program");
        return cli.err();
    }
}
