// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.RefusalReason;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.directory.enrol.EnrolResponse;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.RevocationList;
import io.vpnmesh.node.TestAuthority;
import io.vpnmesh.node.identity.NodeCredentials;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrustViewTest {

    private final Instant now = Instant.now();
    private final TestAuthority own = new TestAuthority(2);
    private final MeshKeyPair key = MeshKeyPair.generate(SuiteName.DEFAULT, own.random);
    private final TrustView view = TrustView.of(credentials());

    private NodeCredentials credentials() {
        try {
            EnrolResponse response = own.response(key.publicKey(), 1, now, Duration.ofHours(1), now);
            return NodeCredentials.of(
                    key, Pem.certificate(response.certificatePem()), own.full, own.full, List.of(own.root), now, now);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private Verdict judge(TrustView trust, TestAuthority authority) {
        X509Certificate leaf = authority.leaf(key.publicKey(), authority.identity(30, 1), now, Duration.ofHours(1));
        return trust.verifier().verifyChain(List.of(leaf), now);
    }

    private static FeedEvent cluster(FeedEvent.Type type, TestAuthority authority, boolean revoked) {
        return new FeedEvent(
                type,
                new FeedObject.ClusterObject(authority.cluster, "own", List.of(), Pem.encode(authority.full), revoked),
                "1");
    }

    @Test
    void ownClusterIsKnownFromEnrolment() {
        assertThat(judge(view, own)).isInstanceOf(Verdict.Trusted.class);
    }

    @Test
    void revokedClusterIsRefusedUntilItIsNot() {
        TrustView revoked = view.with(cluster(FeedEvent.Type.ADDED, own, true));

        assertThat(judge(revoked, own))
                .isInstanceOfSatisfying(
                        Verdict.Refused.class,
                        refused -> assertThat(refused.reason()).isEqualTo(RefusalReason.REVOKED));
        assertThat(revoked.isRevoked(own.cluster)).isTrue();
        assertThat(judge(revoked.with(cluster(FeedEvent.Type.MODIFIED, own, false)), own))
                .isInstanceOf(Verdict.Trusted.class);
    }

    private static List<byte[]> chain(TestAuthority authority) {
        return List.of(Pem.der(authority.full), Pem.der(authority.root));
    }

    @Test
    void clusterThatShowedItsChainNeedsNoFeed() {
        TestAuthority joined = new TestAuthority(3, own);
        assertThat(judge(view, joined)).isInstanceOf(Verdict.Refused.class);

        TrustView shown = view.withShownChain(chain(joined), now);

        assertThat(judge(shown, joined)).isInstanceOf(Verdict.Trusted.class);
        assertThat(shown.withShownChain(chain(joined), now)).isSameAs(shown);
        assertThat(view.withShownChain(chain(own), now)).isSameAs(view);
    }

    @Test
    void chainOfAnotherRootAndGarbageShowNothing() {
        assertThat(view.withShownChain(chain(new TestAuthority(3)), now)).isSameAs(view);
        assertThat(view.withShownChain(List.of(new byte[] {1, 2}), now)).isSameAs(view);
    }

    @Test
    void feedHasTheLastWordOnAClusterThatShowedItself() {
        TestAuthority joined = new TestAuthority(3, own);
        TrustView shown = view.withShownChain(chain(joined), now);

        TrustView revoked = shown.with(cluster(FeedEvent.Type.ADDED, joined, true));
        assertThat(judge(revoked, joined)).isInstanceOf(Verdict.Refused.class);
        assertThat(revoked.withShownChain(chain(joined), now)).isSameAs(revoked);
        TrustView deleted = shown.with(cluster(FeedEvent.Type.ADDED, joined, false))
                .with(cluster(FeedEvent.Type.DELETED, joined, false));
        assertThat(judge(deleted, joined)).isInstanceOf(Verdict.Refused.class);
    }

    @Test
    void clusterOfAnotherRootStaysUnknown() {
        TestAuthority stranger = new TestAuthority(3);

        assertThat(judge(view.with(cluster(FeedEvent.Type.ADDED, stranger, false)), stranger))
                .isInstanceOf(Verdict.Refused.class);
    }

    @Test
    void revocationListCountsAndAnOlderOneDoesNotUndoIt() {
        RevocationList second = list(
                2, List.of(new RevocationList.RevokedNode(own.identity(30, 1).node(), 1)));
        TrustView revoked = view.with(second);

        assertThat(judge(revoked, own)).isInstanceOf(Verdict.Refused.class);
        assertThat(judge(revoked.with(list(1, List.of())), own)).isInstanceOf(Verdict.Refused.class);
        assertThat(judge(revoked.with(list(3, List.of())), own)).isInstanceOf(Verdict.Trusted.class);
    }

    private RevocationList list(long number, List<RevocationList.RevokedNode> nodes) {
        return new RevocationList(own.cluster, number, now, now.plusSeconds(3600), nodes, List.of());
    }

    @Test
    void unreadableCertificateInTheFeedChangesNothing() {
        FeedEvent broken = new FeedEvent(
                FeedEvent.Type.ADDED,
                new FeedObject.ClusterObject(own.cluster, "own", List.of(), "garbage", false),
                "1");

        assertThat(view.with(broken)).isSameAs(view);
    }
}
