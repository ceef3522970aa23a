// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.operator.ca.MeshAuthority.Outcome;
import io.vpnmesh.operator.mesh.MeshRef;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class MeshAuthorityTest {

    private static final MeshRef REF = new MeshRef("net", "blue");

    private final MemorySecrets secrets = new MemorySecrets();
    private final MeshAuthority authority = new MeshAuthority(secrets);

    @Test
    void keysAreMadeOnceAndFoundAfterARestart() {
        MeshKeys first = ready(authority.ensure(Meshes.founding("blue")));

        MeshKeys second = ready(new MeshAuthority(secrets).ensure(Meshes.founding("blue")));

        assertThat(second.meshId()).isEqualTo(first.meshId());
        assertThat(second.clusterId()).isEqualTo(first.clusterId());
        assertThat(second.rootSha256()).isEqualTo(first.rootSha256());
        assertThat(second.prefixes()).isEqualTo(first.prefixes());
        assertThat(first.founder()).isTrue();
        assertThat(first.prefixes().getFirst()).hasToString("198.18.0.0/20");
        assertThat(first.prefixes().get(1).length()).isEqualTo(116);
    }

    @Test
    void replicasThatBeginAtTheSameTimeAgree() throws InterruptedException, ExecutionException {
        CountDownLatch go = new CountDownLatch(1);
        List<Future<MeshKeys>> made = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) {
                made.add(threads.submit(() -> {
                    go.await();
                    return ready(new MeshAuthority(secrets).ensure(Meshes.founding("blue")));
                }));
            }
            go.countDown();
        }

        MeshKeys one = made.getFirst().get();
        for (Future<MeshKeys> other : made) {
            assertThat(other.get().rootSha256()).isEqualTo(one.rootSha256());
            assertThat(other.get().domain()).isEqualTo(one.domain());
            assertThat(other.get().intermediate()).isEqualTo(one.intermediate());
        }
    }

    @Test
    void lostRootIsNeverMadeAgain() {
        MeshKeys keys = ready(authority.ensure(Meshes.founding("blue")));
        VpnMesh known =
                Meshes.known(Meshes.founding("blue"), keys, keys.meshId().toString());
        secrets.delete("net", "blue-root");

        Outcome outcome = new MeshAuthority(secrets).ensure(known);

        assertThat(outcome).isInstanceOfSatisfying(Outcome.Failed.class, failed -> {
            assertThat(failed.reason()).isEqualTo("RootMissing");
            assertThat(failed.message()).contains("net/blue-root").contains("Restore it from a backup");
        });
        assertThat(secrets.get("net", "blue-root")).isEmpty();
    }

    @Test
    void lostRootIsNoticedWithoutAStatusToo() {
        ready(authority.ensure(Meshes.founding("blue")));
        secrets.delete("net", "blue-root");

        assertThat(new MeshAuthority(secrets).ensure(Meshes.founding("blue")))
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.reason()).isEqualTo("RootMissing"));
    }

    @Test
    void rootDeletedWhileItIsLookedAtIsNotADamagedOne() {
        MeshKeys keys = ready(authority.ensure(Meshes.founding("blue")));
        VpnMesh known =
                Meshes.known(Meshes.founding("blue"), keys, keys.meshId().toString());
        secrets.deleteBehindTheNextGet("net", "blue-root");

        MeshKeys seen = ready(new MeshAuthority(secrets).ensure(known));
        Outcome next = new MeshAuthority(secrets).ensure(known);

        assertThat(seen.rootSha256()).isEqualTo(keys.rootSha256());
        assertThat(next)
                .isInstanceOfSatisfying(
                        Outcome.Failed.class,
                        failed -> assertThat(failed.reason()).isEqualTo("RootMissing"));
    }

    @Test
    void rootOfAnotherMeshIsNotTaken() {
        ready(authority.ensure(Meshes.founding("blue")));
        VpnMesh other = Meshes.known(Meshes.founding("blue"), null, "aaaaaaaaaaaaaaaaaaaaaaaaaa");

        assertThat(authority.ensure(other)).isInstanceOfSatisfying(Outcome.Failed.class, failed -> {
            assertThat(failed.reason()).isEqualTo("RootMismatch");
        });
    }

    @Test
    void lostClusterSecretKeepsTheClustersIdAndPrefixes() {
        MeshKeys keys = ready(authority.ensure(Meshes.founding("blue")));
        VpnMesh known =
                Meshes.known(Meshes.founding("blue"), keys, keys.meshId().toString());
        secrets.delete("net", "blue-cluster");

        MeshKeys again = ready(new MeshAuthority(secrets).ensure(known));

        assertThat(again.domain()).isEqualTo(keys.domain());
        assertThat(again.prefixes()).isEqualTo(keys.prefixes());
        assertThat(again.intermediate().getPublicKey())
                .isNotEqualTo(keys.intermediate().getPublicKey());
    }

    @Test
    void damagedSecretIsNamed() {
        ready(authority.ensure(Meshes.founding("blue")));
        secrets.replace(new SecretBuilder(secrets.get("net", "blue-cluster").orElseThrow())
                .removeFromData("directory.key")
                .build());

        assertThat(authority.ensure(Meshes.founding("blue"))).isInstanceOfSatisfying(Outcome.Failed.class, failed -> {
            assertThat(failed.reason()).isEqualTo("KeysBroken");
            assertThat(failed.message()).contains("net/blue-cluster").contains("directory.key");
        });
    }

    @Test
    void leavesOfTheIntermediateAreTrustedUnderTheRoot() {
        MeshKeys keys = ready(authority.ensure(Meshes.founding("blue")));
        NodeId node = keys.nodeOf("uid");
        NodeIdentity identity = new NodeIdentity(
                keys.meshId(),
                keys.clusterId(),
                node,
                3,
                NodeRole.SIDECAR,
                "shop",
                "web",
                List.of(IpAddress.parse("198.18.0.9")));
        MeshKeyPair pair = MeshKeyPair.generate(SuiteName.DEFAULT, new SecureRandom());
        X509Certificate leaf = keys.issuer().newLeaf(pair.publicKey(), identity, Instant.now(), Duration.ofHours(1));

        Verdict verdict = new CertificateVerifier(List.of(keys.root()), List.of(keys.intermediate()))
                .verify(List.of(Pem.der(leaf)), Instant.now());

        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Trusted.class,
                        trusted -> assertThat(trusted.identity()).isEqualTo(identity));
    }

    @Test
    void fipsMeshHasKeysOnP256() {
        VpnMeshSpec.Crypto crypto = new VpnMeshSpec.Crypto(VpnMeshSpec.Suite.FIPS, "24h", null);
        VpnMeshSpec spec = new VpnMeshSpec(null, null, null, crypto, null, List.of(), null, null, null);

        MeshKeys keys = ready(authority.ensure(Meshes.of("blue", spec)));

        assertThat(keys.root().getPublicKey().getAlgorithm()).isEqualTo("EC");
        assertThat(keys.directoryPair().suite()).isEqualTo(SuiteName.FIPS);
        assertThat(keys.terms().certificateLifetime()).isEqualTo(Duration.ofHours(24));
    }

    @Test
    void impossibleRangesAreRefusedBeforeAKeyIsMade() {
        VpnMeshSpec.Addressing addressing = new VpnMeshSpec.Addressing("10.1.0.0/20", null, 16, List.of());
        VpnMeshSpec spec = new VpnMeshSpec(addressing, null, null, null, null, List.of(), null, null, null);

        assertThat(authority.ensure(Meshes.of("blue", spec))).isInstanceOfSatisfying(Outcome.Failed.class, failed -> {
            assertThat(failed.reason()).isEqualTo("InvalidSpec");
            assertThat(failed.message()).contains("clusterPrefixLength 16");
        });
        assertThat(secrets.all()).isEmpty();
    }

    @Test
    void joinerWaitsForTheFounderAndMakesNoRoot() {
        assertThat(authority.ensure(Meshes.joining("blue", "token"))).isInstanceOf(Outcome.Joining.class);
        assertThat(secrets.all()).isEmpty();
    }

    @Test
    void forgottenKeysAreGone() {
        ready(authority.ensure(Meshes.founding("blue")));

        authority.forget(REF);

        assertThat(secrets.all()).isEmpty();
        assertThat(authority.keys(REF)).isEmpty();
    }

    private static MeshKeys ready(Outcome outcome) {
        assertThat(outcome).isInstanceOf(Outcome.Ready.class);
        return ((Outcome.Ready) outcome).keys();
    }
}
