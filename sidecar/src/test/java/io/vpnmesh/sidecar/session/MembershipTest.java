// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.node.identity.IdentityFolder;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.sidecar.lab.LabAuthority;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MembershipTest {

    @TempDir
    private Path folder;

    private final LabAuthority authority = new LabAuthority(2, List.of());
    private final NodeIdentity peer = authority.identity(NodeRole.SIDECAR, 1, 2, 4);
    private MeshKnowledge knowledge;

    @BeforeEach
    void ourselvesAndAnEmptyDirectory() throws Exception {
        authority.writeIdentity(folder, authority.identity(NodeRole.SIDECAR, 0, 2, 1), 0);
        NodeCredentials ours = IdentityFolder.read(folder, Instant.now());
        knowledge = new MeshKnowledge(ours);
    }

    private void record(FeedEvent.Type type, NodeIdentity identity) {
        FeedObject object =
                new FeedObject.PeerObject(authority.clusterId(1), PeerRecord.sidecar(identity, "b", List.of()));
        knowledge.apply(new FeedEvent(type, object, "1"));
    }

    private Membership.Finding judge(NodeIdentity identity) {
        return Membership.judge(knowledge, new PeerRef.Signalled(identity.node()), identity);
    }

    @Test
    void theCurrentGenerationIsWelcomeAndANewerOneToo() {
        record(FeedEvent.Type.ADDED, peer);

        assertThat(judge(peer)).isInstanceOf(Membership.Current.class);
        assertThat(judge(authority.identity(NodeRole.SIDECAR, 1, 2, 5))).isInstanceOf(Membership.Current.class);
    }

    @Test
    void aFormerGenerationIsRefused() {
        record(FeedEvent.Type.ADDED, peer);

        assertThat(judge(authority.identity(NodeRole.SIDECAR, 1, 2, 3)))
                .isInstanceOfSatisfying(
                        Membership.Stranger.class,
                        stranger -> assertThat(stranger.reason())
                                .contains("generation 3")
                                .contains("replaced by 4"));
    }

    @Test
    void whoIsNotInTheDirectoryMayOnlyWait() {
        assertThat(judge(peer)).isInstanceOf(Membership.Unknown.class);

        record(FeedEvent.Type.ADDED, peer);
        record(FeedEvent.Type.DELETED, peer);

        assertThat(judge(peer)).isInstanceOf(Membership.Unknown.class);
    }

    @Test
    void anotherNodesAddressIsNotAccepted() {
        NodeIdentity other = authority.identity(NodeRole.SIDECAR, 1, 3, 4);
        record(
                FeedEvent.Type.ADDED,
                new NodeIdentity(
                        peer.mesh(), peer.cluster(), peer.node(), 4, peer.role(), "lab", "node", other.addresses()));

        assertThat(judge(peer)).isInstanceOf(Membership.Unknown.class);
    }

    @Test
    void theRelaysStampMustFitTheCertificate() {
        record(FeedEvent.Type.ADDED, peer);

        assertThat(Membership.judge(knowledge, new PeerRef.Signalled(new NodeId(1, 1)), peer))
                .isInstanceOf(Membership.Stranger.class);
    }

    @Test
    void aRevokedClustersNodesAreUnknown() {
        record(FeedEvent.Type.ADDED, peer);
        knowledge.apply(new FeedEvent(
                FeedEvent.Type.MODIFIED,
                new FeedObject.ClusterObject(authority.clusterId(1), "b", List.of(), "", true),
                "2"));

        assertThat(judge(peer)).isInstanceOf(Membership.Unknown.class);
    }
}
