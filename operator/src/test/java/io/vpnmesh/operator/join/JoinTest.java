// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnClusterSpec;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.crds.VpnInviteSpec;
import io.vpnmesh.directory.join.JoinAnswer;
import io.vpnmesh.directory.join.JoinSecret;
import io.vpnmesh.directory.join.JoinToken;
import io.vpnmesh.operator.ca.JoinerKeys;
import io.vpnmesh.operator.ca.ManualClock;
import io.vpnmesh.operator.ca.MemorySecrets;
import io.vpnmesh.operator.ca.MeshAuthority;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.ca.Meshes;
import io.vpnmesh.operator.mesh.MeshRef;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Founder and joiner with each other, and with a relay between them that lies. */
class JoinTest {

    private static final MeshRef REF = new MeshRef("net", "blue");

    private final ManualClock clock = new ManualClock(Instant.now());
    private final MemorySecrets founderSecrets = new MemorySecrets();
    private final MeshKeys founder = Meshes.keys(Meshes.founding("blue"), founderSecrets);
    private final MemoryInvites invites = new MemoryInvites();
    private final InviteService inviteService = new InviteService(founderSecrets, clock);
    private final JoinDesk desk = new JoinDesk(invites, founderSecrets, clock);

    private final MemorySecrets joinerSecrets = new MemorySecrets();
    private final JoinService joiner = joiner(joinerSecrets);

    @Test
    void joinerGetsAFreePrefixUnderTheFoundersRoot() throws Exception {
        JoinToken token = invite(1, null, List.of());

        JoinService.Result result = join(joiner, token);

        assertThat(result.joined()).as(result.message()).isTrue();
        MeshKeys keys = new MeshAuthority(joinerSecrets).keys(REF).orElseThrow();
        assertThat(keys.founder()).isFalse();
        assertThat(keys.rootSha256()).isEqualTo(founder.rootSha256());
        assertThat(keys.meshId()).isEqualTo(founder.meshId());
        assertThat(keys.clusterId()).isNotEqualTo(founder.clusterId());
        assertThat(keys.prefixes().getFirst()).hasToString("198.18.16.0/20");
        assertThat(keys.terms().ipv6()).isEqualTo(founder.terms().ipv6());
        assertThat(keys.terms().founder()).isEqualTo(founder.clusterId().toString());
        assertThat(keys.terms().relays()).isEqualTo(token.relays());
        VpnCluster listed = invites.clusters(REF).getFirst();
        assertThat(listed.getSpec().clusterId()).isEqualTo(keys.clusterId().toString());
        assertThat(listed.getSpec().displayName()).isEqualTo("edge");
        assertThat(listed.getStatus().prefixes()).hasSize(2);
    }

    @Test
    void joinerIsReadyForTheAuthorityAfterwards() throws Exception {
        join(joiner, invite(1, null, List.of()));

        assertThat(new MeshAuthority(joinerSecrets).ensure(Meshes.joining("blue", "token")))
                .isInstanceOf(MeshAuthority.Outcome.Ready.class);
    }

    @Test
    void lostAnswerCostsNoSecondUse() throws Exception {
        JoinToken token = invite(1, null, List.of());
        joiner.ask(REF, token, SuiteName.DEFAULT, request -> {
            desk.answer(founder, founder.terms(), "home", request);
            return new JoinAnswer.Refused("FounderTimeout", "lost").encode();
        });

        JoinService.Result again = join(joiner, token);

        assertThat(again.joined()).as(again.message()).isTrue();
        assertThat(invites.get("net", "edge").orElseThrow().getStatus().redemptions())
                .hasSize(1);
    }

    @Test
    void anotherClusterFindsTheInvitationUsedUp() throws Exception {
        JoinToken token = invite(1, null, List.of());
        join(joiner, token);

        JoinService.Result second = join(joiner(new MemorySecrets()), token);

        assertThat(second.reason()).isEqualTo("InviteUsedUp");
        assertThat(second.message()).contains("kubectl vpnmesh invite");
    }

    @Test
    void everyClusterGetsAPrefixOfItsOwn() throws Exception {
        JoinToken token = invite(2, null, List.of());
        MemorySecrets other = new MemorySecrets();

        join(joiner, token);
        join(joiner(other), token);

        assertThat(new MeshAuthority(other).keys(REF).orElseThrow().prefixes().getFirst())
                .hasToString("198.18.32.0/20");
    }

    @Test
    void invitationNarrowsThePrefixes() throws Exception {
        assertThat(join(joiner, invite(1, null, List.of("198.18.128.0/18"))).joined())
                .isTrue();
        assertThat(new MeshAuthority(joinerSecrets)
                        .keys(REF)
                        .orElseThrow()
                        .prefixes()
                        .getFirst())
                .hasToString("198.18.128.0/20");

        JoinService.Result none = join(joiner(new MemorySecrets()), invite(1, null, List.of("198.18.0.0/20")));
        assertThat(none.reason()).isEqualTo("NoFreePrefix");
    }

    @Test
    void wrongSecretIsUnknown() throws Exception {
        JoinToken real = invite(1, null, List.of());
        JoinToken wrong = new JoinToken(
                real.mesh(), real.rootSha256(), real.relays(), JoinSecret.generate(new SecureRandom()), real.expires());

        assertThat(join(joiner, wrong).reason()).isEqualTo("UnknownInvite");
        assertThat(new MeshAuthority(joinerSecrets).keys(REF)).isEmpty();
    }

    @Test
    void expiredInvitationIsRefusedOnBothSides() throws Exception {
        JoinToken token = invite(1, null, List.of());
        clock.advance(Duration.ofHours(2));

        assertThat(join(joiner, token).reason()).isEqualTo("InviteExpired");
        assertThat(inviteService
                        .reconcile(
                                invites.get("net", "edge").orElseThrow(),
                                new InviteService.Mesh(Optional.empty(), List.of()))
                        .status()
                        .conditions()
                        .getFirst()
                        .getReason())
                .isEqualTo("Expired");
        assertThat(founderSecrets.get("net", "edge-token")).isEmpty();
    }

    @Test
    void revokedClusterStaysOut() throws Exception {
        JoinToken token = invite(2, null, List.of());
        join(joiner, token);
        VpnCluster cluster = invites.clusters(REF).getFirst();
        cluster.setSpec(new VpnClusterSpec(
                "blue", cluster.getSpec().clusterId(), cluster.getSpec().displayName(), null, true));

        assertThat(join(joiner, token).reason()).isEqualTo("ClusterRevoked");
    }

    @Test
    void approvalIsWaitedFor() throws Exception {
        JoinToken token = invite(1, true, List.of());

        JoinService.Result pending = join(joiner, token);
        assertThat(pending.reason()).isEqualTo("ApprovalPending");
        assertThat(pending.message()).contains("kubectl patch vpncluster");
        VpnCluster cluster = invites.clusters(REF).getFirst();
        cluster.setSpec(new VpnClusterSpec(
                "blue", cluster.getSpec().clusterId(), cluster.getSpec().displayName(), true, null));

        assertThat(join(joiner, token).joined()).isTrue();
    }

    @Test
    void relayThatChangesTheRequestOrTheAnswerOnlyMakesItFail() throws Exception {
        JoinToken token = invite(8, null, List.of());
        int accepted = 0;
        for (int position = 40; position < 400; position += 13) {
            int at = position;
            JoinService.Result swapped = tryAsk(token, request -> {
                byte[] changed = request.clone();
                changed[Math.min(at, changed.length - 1)] ^= 1;
                return desk.answer(founder, founder.terms(), "home", changed);
            });
            JoinService.Result lied = tryAsk(token, request -> {
                byte[] answer = desk.answer(founder, founder.terms(), "home", request);
                answer[Math.min(at, answer.length - 1)] ^= 1;
                return answer;
            });
            accepted += swapped.joined() || lied.joined() ? 1 : 0;
        }

        assertThat(accepted).isZero();
        assertThat(new MeshAuthority(joinerSecrets).keys(REF)).isEmpty();
        assertThat(join(joiner, token).joined())
                .as("and an honest relay still works")
                .isTrue();
    }

    @Test
    void replayedAnswerOfAnEarlierRequestIsRefused() throws Exception {
        JoinToken token = invite(1, null, List.of());
        byte[][] earlier = new byte[1][];
        joiner.ask(REF, token, SuiteName.DEFAULT, request -> {
            earlier[0] = desk.answer(founder, founder.terms(), "home", request);
            return new JoinAnswer.Refused("FounderTimeout", "lost").encode();
        });

        JoinService.Result replayed = joiner.ask(REF, token, SuiteName.DEFAULT, _ -> earlier[0]);

        assertThat(replayed.reason()).isEqualTo("JoinAnswerRefused");
        assertThat(replayed.message()).contains("nothing was stored");
    }

    @Test
    void clusterThatJoinedCannotInvite() throws Exception {
        join(joiner, invite(1, null, List.of()));
        MeshKeys keys = new MeshAuthority(joinerSecrets).keys(REF).orElseThrow();

        InviteService.Outcome outcome = new InviteService(joinerSecrets, clock)
                .reconcile(
                        newInvite(1, null, List.of()),
                        new InviteService.Mesh(Optional.of(keys), List.of("192.0.2.1:443")));

        assertThat(outcome.status().conditions().getFirst().getReason()).isEqualTo("NotFounder");
    }

    @Test
    void tokenIsNamedAndGoneAfterTheLastUse() throws Exception {
        JoinToken token = invite(1, null, List.of());
        join(joiner, token);
        InviteService.Mesh mesh = new InviteService.Mesh(Optional.of(founder), List.of("192.0.2.1:443"));

        InviteService.Outcome soon =
                inviteService.reconcile(invites.get("net", "edge").orElseThrow(), mesh);
        assertThat(soon.again()).isPositive();
        clock.advance(Duration.ofMinutes(2));
        InviteService.Outcome later =
                inviteService.reconcile(invites.get("net", "edge").orElseThrow(), mesh);

        assertThat(later.status().conditions().getFirst().getReason()).isEqualTo("UsedUp");
        assertThat(later.status().secretName()).isNull();
        assertThat(founderSecrets.get("net", "edge-token")).isEmpty();
    }

    @Test
    void missingAndMangledTokensAreNamed() {
        assertThat(joiner.attempt(Meshes.joining("blue", "nowhere")).reason()).isEqualTo("TokenSecretMissing");
        joinerSecrets.create(new SecretBuilder()
                .withNewMetadata()
                .withNamespace("net")
                .withName("bad")
                .endMetadata()
                .addToData("token", "bm90IGEgdG9rZW4=")
                .build());

        JoinService.Result result = joiner.attempt(Meshes.joining("blue", "bad"));

        assertThat(result.reason()).isEqualTo("TokenMalformed");
        assertThat(result.message()).contains("net/bad").contains("kubectl vpnmesh invite");
    }

    private JoinService.Result join(JoinService service, JoinToken token) throws IOException, MalformedException {
        return service.ask(
                REF, token, SuiteName.DEFAULT, request -> desk.answer(founder, founder.terms(), "home", request));
    }

    private JoinService.Result tryAsk(JoinToken token, JoinService.Carrier carrier) throws IOException {
        try {
            return joiner.ask(REF, token, SuiteName.DEFAULT, carrier);
        } catch (MalformedException e) {
            return new JoinService.Result(false, "Malformed", String.valueOf(e.getMessage()));
        }
    }

    private JoinService joiner(MemorySecrets secrets) {
        return new JoinService(secrets, new JoinerKeys(secrets), Optional.of("edge"), clock);
    }

    @Test
    void secretThatMerelyHasTheNameIsNoToken() throws Exception {
        JoinToken token = invite(1, null, List.of());
        founderSecrets.replace(
                new SecretBuilder(founderSecrets.get("net", "edge-token").orElseThrow())
                        .editMetadata()
                        .withOwnerReferences()
                        .endMetadata()
                        .build());

        assertThat(join(joiner, token).reason()).isEqualTo("UnknownInvite");
    }

    private JoinToken invite(int uses, @Nullable Boolean approval, List<String> prefixes) {
        founderSecrets.delete("net", "edge-token");
        VpnInvite invite = newInvite(uses, approval, prefixes);
        InviteService.Outcome outcome =
                inviteService.reconcile(invite, new InviteService.Mesh(Optional.of(founder), List.of("192.0.2.1:443")));
        invite.setStatus(outcome.status());
        invites.put(invite);
        assertThat(outcome.status().secretName()).isEqualTo("edge-token");
        return InviteService.token(founderSecrets.get("net", "edge-token").orElseThrow())
                .orElseThrow();
    }

    private static VpnInvite newInvite(int uses, @Nullable Boolean approval, List<String> prefixes) {
        VpnInvite invite = new VpnInvite();
        invite.getMetadata().setNamespace("net");
        invite.getMetadata().setName("edge");
        invite.getMetadata().setUid("invite-uid");
        invite.setSpec(new VpnInviteSpec("blue", null, uses, approval, prefixes));
        return invite;
    }
}
