// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.join;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.crds.VpnInviteSpec;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.directory.join.JoinToken;
import io.vpnmesh.operator.ca.JoinerKeys;
import io.vpnmesh.operator.ca.MemorySecrets;
import io.vpnmesh.operator.ca.MeshAuthority;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.ca.SecretStore;
import io.vpnmesh.operator.lab.LabResource;
import io.vpnmesh.operator.lab.LabWorld;
import io.vpnmesh.operator.mesh.MeshRef;
import jakarta.inject.Inject;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Invitations and clusters on a real API server: the reconciler, the CRDs' rules and compare-and-swap are real. */
@QuarkusTest
@QuarkusTestResource(LabResource.class)
@Tag("lab")
class InviteIT {

    private static final MeshRef JOINER = new MeshRef("net", "blue");

    @Inject
    KubernetesClient client;

    @Inject
    MeshAuthority authority;

    @Inject
    SecretStore secrets;

    private LabWorld world;
    private String namespace;

    @BeforeEach
    void begin() {
        world = new LabWorld(client);
        namespace = world.namespace(Map.of());
    }

    @Test
    void invitationWaitsForAnAddressAndSaysSo() {
        world.readyKeys(world.mesh(namespace, "blue", VpnMeshSpec.empty()));

        VpnInvite invite = awaitReason(invite("edge", 1), "NoRelayAddress");

        assertThat(ready(invite).getMessage()).contains("spec.relay.expose");
        assertThat(client.secrets()
                        .inNamespace(namespace)
                        .withName("edge-token")
                        .get())
                .isNull();
    }

    @Test
    void clusterJoinsOnceAndBothSidesKnow() throws Exception {
        MeshKeys keys = foundWithExternalRelay();
        VpnInvite invite = awaitReason(invite("edge", 1), "Usable");
        assertThat(invite.getStatus().usesLeft()).isEqualTo(1);
        JoinToken token = InviteService.token(client.secrets()
                        .inNamespace(namespace)
                        .withName(invite.getStatus().secretName())
                        .get())
                .orElseThrow();
        assertThat(token.relays()).containsExactly("192.0.2.1:443");

        MemorySecrets joinerSecrets = new MemorySecrets();
        JoinService.Result result = ask(joinerSecrets, token, keys);

        assertThat(result.joined()).as(result.message()).isTrue();
        MeshKeys joined = new MeshAuthority(joinerSecrets).keys(JOINER).orElseThrow();
        VpnCluster listed = cluster(joined);
        assertThat(listed.getSpec().displayName()).isEqualTo("edge");
        assertThat(listed.getStatus().prefixes().getFirst())
                .isEqualTo(joined.prefixes().getFirst().toString());
        assertThat(listed.getStatus().trustAnchor()).startsWith("-----BEGIN CERTIFICATE-----");
        assertThat(ask(new MemorySecrets(), token, keys).reason()).isEqualTo("InviteUsedUp");
        VpnInvite used = awaitReason(invite, "UsedUp");
        assertThat(used.getStatus().redemptions()).hasSize(1);
        assertThat(used.getStatus().usesLeft()).isZero();
    }

    @Test
    void oneUseIsTakenByOneClusterOnlyWhoeverAnswers() throws Exception {
        MeshKeys keys = foundWithExternalRelay();
        VpnInvite invite = awaitReason(invite("edge", 1), "Usable");
        JoinToken token = InviteService.token(client.secrets()
                        .inNamespace(namespace)
                        .withName(invite.getStatus().secretName())
                        .get())
                .orElseThrow();
        CountDownLatch go = new CountDownLatch(1);
        List<Future<JoinService.Result>> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 6; i++) {
                results.add(threads.submit(() -> {
                    go.await();
                    return ask(new MemorySecrets(), token, keys);
                }));
            }
            go.countDown();
        }

        int joined = 0;
        for (Future<JoinService.Result> result : results) {
            joined += result.get().joined() ? 1 : 0;
        }
        assertThat(joined).isEqualTo(1);
    }

    @Test
    void ownClusterIsListed() {
        MeshKeys keys = foundWithExternalRelay();

        VpnCluster own = world.waitFor(
                VpnCluster.class,
                namespace,
                ClusterNames.object(keys.mesh(), keys.clusterId(), null, null)
                        .getMetadata()
                        .getName(),
                found -> found != null
                        && found.getStatus() != null
                        && found.getStatus().local() != null);

        assertThat(own.getStatus().local()).isTrue();
        assertThat(own.getStatus().founder()).isTrue();
        assertThat(own.getStatus().prefixes()).contains("198.18.0.0/20");
        assertThat(own.getSpec().displayName()).startsWith("cluster-");
    }

    private JoinService.Result ask(MemorySecrets joinerSecrets, JoinToken token, MeshKeys keys) throws Exception {
        JoinService joiner = new JoinService(
                joinerSecrets, new JoinerKeys(joinerSecrets), Optional.of("edge"), InstantSource.system());
        JoinDesk desk = new JoinDesk(new ClientInvites(client), secrets);
        return joiner.ask(
                JOINER, token, SuiteName.DEFAULT, request -> desk.answer(keys, keys.terms(), "home", request));
    }

    private MeshKeys foundWithExternalRelay() {
        VpnMeshSpec.ExternalRelay external = new VpnMeshSpec.ExternalRelay(
                "far", List.of("192.0.2.1:4500"), List.of("192.0.2.1:443"), "0".repeat(64));
        VpnMeshSpec spec = new VpnMeshSpec(
                null,
                null,
                null,
                null,
                new VpnMeshSpec.Relay(1, null, null, null, null, List.of(external)),
                List.of(),
                null,
                null,
                null);
        world.readyKeys(world.mesh(namespace, "blue", spec));
        return authority.keys(new MeshRef(namespace, "blue")).orElseThrow();
    }

    private VpnInvite invite(String name, int uses) {
        VpnInvite invite = new VpnInvite();
        invite.getMetadata().setNamespace(namespace);
        invite.getMetadata().setName(name);
        invite.setSpec(new VpnInviteSpec("blue", null, uses, null, List.of()));
        return client.resource(invite).create();
    }

    private VpnInvite awaitReason(VpnInvite invite, String reason) {
        Predicate<VpnInvite> says = found -> found != null
                && found.getStatus() != null
                && reason.equals(ready(found).getReason());
        return world.waitFor(VpnInvite.class, namespace, invite.getMetadata().getName(), says);
    }

    private static Condition ready(VpnInvite invite) {
        return invite.getStatus().conditions().stream()
                .filter(condition -> "Ready".equals(condition.getType()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no condition Ready"));
    }

    private VpnCluster cluster(MeshKeys joined) {
        return client.resources(VpnCluster.class).inNamespace(namespace).list().getItems().stream()
                .filter(one ->
                        one.getSpec().clusterId().equals(joined.clusterId().toString()))
                .findFirst()
                .orElseThrow();
    }
}
