// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnClusterSpec;
import io.vpnmesh.crds.VpnClusterStatus;
import io.vpnmesh.directory.ctl.CtlMessage;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.Signer;
import io.vpnmesh.operator.ca.Intermediates;
import io.vpnmesh.operator.ca.JoinerKeys;
import io.vpnmesh.operator.ca.MemorySecrets;
import io.vpnmesh.operator.ca.MeshAuthority;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.ca.Meshes;
import io.vpnmesh.operator.join.ClusterNames;
import io.vpnmesh.operator.mesh.MeshRef;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two operators' directories with a relay between them, over TLS on loopback. */
@Timeout(60)
class DirectoryExchangeIT {

    private static final MeshRef REF = new MeshRef("net", "blue");

    private final MeshKeys home = Meshes.keys(Meshes.founding("blue"), new MemorySecrets());
    private final MeshKeys edge = joined(home);
    private final List<AutoCloseable> open = new ArrayList<>();
    private FanOutRelay relay;

    @BeforeEach
    void startARelay() throws IOException {
        relay = new FanOutRelay(home);
    }

    @AfterEach
    void stopEverything() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
        relay.close();
    }

    @Test
    void podsOfEachClusterAreInTheOthersFeedAndLeaveItAtOnce() {
        TestCluster one = cluster(home);
        TestCluster two = cluster(edge);
        one.pod("web", 5);
        two.pod("client", 5);

        await(() -> one.peers().contains("client") && two.peers().contains("web"));
        assertThat(one.connected()).isTrue();
        assertThat(one.list()).containsKey("cluster/" + edge.clusterId());

        long deleted = System.nanoTime();
        two.delete("client");
        await(() -> !one.peers().contains("client"));
        assertThat(Duration.ofNanos(System.nanoTime() - deleted)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void operatorThatStartsAnewWithdrawsNothing() throws Exception {
        TestCluster two = cluster(edge);
        two.pod("client", 5);
        await(two::connected);
        TestCluster again = unconnected(home, seen(edge));

        await(() -> again.list().containsKey("cluster/" + home.clusterId()));
        assertThat(again.feedIsComplete()).as("before a relay was reached").isFalse();
        assertThat(again.list()).as("the anchor is remembered").containsKey("cluster/" + edge.clusterId());

        again.connect(relay.address());
        await(again::feedIsComplete);
        assertThat(again.peers()).contains("client");
    }

    @Test
    void relayThatForgotEverythingIsToldAgain() throws Exception {
        TestCluster one = cluster(home);
        TestCluster two = cluster(edge);
        two.pod("client", 5);
        await(() -> one.peers().contains("client"));

        relay.restart();

        await(() -> relay.memberCount() == 2);
        TestCluster third = cluster(home);
        third.follow();
        await(() -> third.peers().contains("client"));
        assertThat(one.peers()).contains("client");
    }

    @Test
    void newLeaderPublishesOnFromWhereTheOldOneStood() {
        TestCluster old = cluster(edge);
        old.pod("client", 5);
        TestCluster watcher = cluster(home);
        await(() -> watcher.peers().contains("client"));
        TestCluster standby = cluster(edge);
        standby.follow();
        standby.pod("client", 5);
        await(standby::connected);

        old.close();
        standby.pod("second", 6);
        standby.lead();

        await(() -> watcher.peers().contains("second"));
        assertThat(watcher.peers()).contains("client");
    }

    @Test
    void relayThatLiesIsNotBelieved() throws Exception {
        TestCluster one = cluster(home);
        TestCluster two = cluster(edge);
        two.pod("client", 5);
        await(() -> one.peers().contains("client"));
        MeshKeys stranger = Meshes.keys(Meshes.founding("other"), new MemorySecrets());

        relay.inject(new CtlMessage.Publish(new byte[] {1, 2, 3}));
        relay.inject(new CtlMessage.Publish(emptySnapshot(edge, stranger)));
        relay.inject(new CtlMessage.Publish(emptySnapshot(edge, home)));
        two.pod("second", 6);

        await(() -> one.peers().contains("second"));
        assertThat(one.peers()).contains("client");
    }

    @Test
    void revokedClusterIsGoneAndNamedAsRevoked() {
        TestCluster one = cluster(home);
        TestCluster two = cluster(edge);
        two.pod("client", 5);
        await(() -> one.peers().contains("client"));
        VpnCluster revoked = seen(edge);
        revoked.setSpec(new VpnClusterSpec("blue", edge.clusterId().toString(), "edge", null, true));

        one.knows(revoked);

        await(() -> !one.peers().contains("client"));
        assertThat(one.list().get("cluster/" + edge.clusterId()))
                .isInstanceOfSatisfying(
                        FeedObject.ClusterObject.class,
                        object -> assertThat(object.revoked()).isTrue());
    }

    /** A snapshot that withdraws all of {@code victim}, signed by somebody else. */
    private static byte[] emptySnapshot(MeshKeys victim, MeshKeys signer) {
        FramePublisher publisher = new FramePublisher(
                victim.clusterId(),
                new Signer(
                        signer.directoryPair().privateKey(),
                        List.of(signer.directoryCertificate(Instant.now(), Duration.ofDays(1)), signer.intermediate()),
                        new SecureRandom()));
        publisher.observe(Instant.now().plus(Duration.ofDays(1)).toEpochMilli());
        return publisher.newSnapshot(Instant.now());
    }

    private static VpnCluster seen(MeshKeys keys) {
        VpnCluster cluster = ClusterNames.object(REF, keys.clusterId(), "edge", null);
        VpnClusterStatus empty = VpnClusterStatus.empty();
        cluster.setStatus(new VpnClusterStatus(
                1L,
                false,
                false,
                keys.prefixes().stream().map(Cidr::toString).toList(),
                Pem.encode(keys.intermediate()),
                true,
                1,
                "2026-03-01T00:00:00Z",
                empty.conditions()));
        return cluster;
    }

    /** Keys of a second cluster that the first one let in. */
    private static MeshKeys joined(MeshKeys founder) {
        MemorySecrets secrets = new MemorySecrets();
        JoinerKeys joiner = new JoinerKeys(secrets);
        JoinerKeys.Applicant applicant = joiner.applicant(REF, founder.meshId(), SuiteName.DEFAULT);
        List<Cidr> prefixes = founder.terms().plan().both(Cidr.parse("198.18.16.0/20"));
        Intermediates intermediates = Intermediates.sign(
                founder.rootIssuer().orElseThrow(),
                applicant.domain(),
                applicant.pair().publicKey(),
                prefixes,
                Instant.now(),
                Duration.ofDays(400));
        joiner.accept(REF, applicant, new JoinerKeys.Grant(founder.root(), intermediates, prefixes, founder.terms()));
        return new MeshAuthority(secrets).keys(REF).orElseThrow();
    }

    private TestCluster cluster(MeshKeys keys) {
        TestCluster cluster = unconnected(keys);
        cluster.connect(relay.address());
        return cluster;
    }

    private TestCluster unconnected(MeshKeys keys, VpnCluster... known) {
        TestCluster cluster = new TestCluster(keys, known);
        open.add(cluster);
        return cluster;
    }

    /** Polls until it is so; the time-out of the class ends what never comes. */
    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while waiting", e);
            }
        }
    }
}
