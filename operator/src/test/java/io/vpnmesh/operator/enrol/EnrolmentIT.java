// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.crds.VpnAddressBlock;
import io.vpnmesh.crds.VpnAddressBlockStatus;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.directory.enrol.AddressResponse;
import io.vpnmesh.directory.enrol.ApiError;
import io.vpnmesh.directory.enrol.EnrolResponse;
import io.vpnmesh.directory.enrol.StatusReport;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.operator.address.AddressAllocator;
import io.vpnmesh.operator.address.AddressLease;
import io.vpnmesh.operator.address.AddressSpace;
import io.vpnmesh.operator.address.ClientAddressBlocks;
import io.vpnmesh.operator.address.Holder;
import io.vpnmesh.operator.ca.MeshAuthority;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.lab.LabResource;
import io.vpnmesh.operator.lab.LabWorld;
import io.vpnmesh.operator.mesh.MeshRef;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Enrolment and feed over HTTPS, against a real API server: tokens, TokenReview and compare-and-swap are real. */
@QuarkusTest
@QuarkusTestResource(LabResource.class)
@Tag("lab")
class EnrolmentIT {

    private static final String AUDIENCE = "vpnmesh.io";

    @Inject
    KubernetesClient client;

    @Inject
    MeshAuthority authority;

    @SuppressWarnings("NullAway.Init")
    @TestHTTPResource(value = "/", tls = true)
    URL url;

    @SuppressWarnings("NullAway.Init")
    @TestHTTPResource(value = "/webhook/inject", tls = true)
    URL webhook;

    private LabWorld world;
    private String namespace;
    private PodClient pods;

    @BeforeEach
    void foundAMesh() {
        world = new LabWorld(client);
        world.pointWebhookAt(webhook.toString());
        namespace = world.namespace(Map.of());
        world.readyKeys(world.mesh(namespace, "blue", VpnMeshSpec.empty()));
        String ca = Objects.requireNonNull(client.configMaps()
                .inNamespace(namespace)
                .withName("vpnmesh-ca")
                .get()
                .getData()
                .get("ca.crt"));
        pods = new PodClient(URI.create(url.toString()), ca);
    }

    @Test
    void podGetsItsAddressAndItsCertificate() throws Exception {
        Pod pod = member("web");
        String token = PodClient.token(client, pod, AUDIENCE);

        AddressResponse address = AddressResponse.parse(ok(pods.post("/v1/address", token, "")));
        PodClient.Enrolled enrolled = pods.enrol(token);

        MeshKeys keys = keys();
        assertThat(address.nodeId()).isEqualTo(keys.nodeOf(pod.getMetadata().getUid()));
        assertThat(address.routes().getFirst()).isEqualTo(Cidr.parse("198.18.0.0/16"));
        assertThat(address.addresses()).hasSize(2);
        Verdict verdict =
                new CertificateVerifier(List.of(keys.root()), List.of()).verifyChain(enrolled.chain(), Instant.now());
        assertThat(verdict).isInstanceOfSatisfying(Verdict.Trusted.class, trusted -> {
            assertThat(trusted.identity().addresses()).isEqualTo(address.addresses());
            assertThat(trusted.identity().role()).isEqualTo(NodeRole.SIDECAR);
            assertThat(trusted.identity().generation()).isEqualTo(1);
            assertThat(trusted.identity().namespace()).isEqualTo(namespace);
            assertThat(trusted.identity().serviceAccount()).isEqualTo("default");
        });
        VpnPeer peer = world.waitFor(
                VpnPeer.class,
                namespace,
                "web",
                found -> found != null
                        && found.getStatus() != null
                        && found.getStatus().generation() != null);
        assertThat(peer.getStatus().addresses().getFirst())
                .isEqualTo(address.addresses().getFirst().toString());
    }

    @Test
    void samePodKeepsItsAddressAndANewKeyRaisesTheGeneration() throws Exception {
        String token = PodClient.token(client, member("web"), AUDIENCE);
        MeshKeyPair pair = MeshKeyPair.generate(SuiteName.DEFAULT, new SecureRandom());

        AddressResponse first = AddressResponse.parse(ok(pods.post("/v1/address", token, "")));
        AddressResponse again = AddressResponse.parse(ok(pods.post("/v1/address", token, "")));
        EnrolResponse one = pods.enrol(token, pair).response();
        EnrolResponse sameKey = pods.enrol(token, pair).response();
        EnrolResponse newKey = pods.enrol(token).response();

        assertThat(again).isEqualTo(first);
        assertThat(one.generation()).isEqualTo(1);
        assertThat(sameKey.generation()).isEqualTo(1);
        assertThat(newKey.generation()).isEqualTo(2);
    }

    @Test
    void renewalNeedsTheCertificateOnly() throws Exception {
        PodClient.Enrolled enrolled = pods.enrol(PodClient.token(client, member("web"), AUDIENCE));

        EnrolResponse renewed =
                EnrolResponse.parse(ok(pods.post("/v1/renew", null, pods.csr(enrolled.pair()), enrolled)));

        assertThat(renewed.generation()).isEqualTo(1);
        assertThat(Pem.certificate(renewed.certificatePem()).getSerialNumber())
                .isNotEqualTo(enrolled.chain().getFirst().getSerialNumber());
        refused(pods.post("/v1/renew", null, pods.csr(enrolled.pair())), 401, "CertificateMissing", "mutual TLS");
    }

    @Test
    void supersededCertificateIsRefused() throws Exception {
        String token = PodClient.token(client, member("web"), AUDIENCE);
        PodClient.Enrolled old = pods.enrol(token);
        pods.enrol(token);

        HttpResponse<String> answer = pods.post("/v1/renew", null, pods.csr(old.pair()), old);

        refused(answer, 403, "Superseded", "another process enrolled");
    }

    @Test
    void badTokensAreRefusedWithTheFix() throws Exception {
        Pod pod = member("web");

        refused(pods.post("/v1/address", null, ""), 401, "TokenMissing", "Authorization: Bearer");
        refused(pods.post("/v1/address", "nonsense", ""), 401, "TokenMalformed", "projected token file");
        refused(
                pods.post("/v1/address", PodClient.token(client, pod, "https://lab.vpnmesh.io"), ""),
                401,
                "TokenAudience",
                "audience: vpnmesh.io");
        String token = PodClient.token(client, pod, AUDIENCE);
        String forged = token.substring(0, token.length() - 8) + "AAAAAAAA";
        refused(pods.post("/v1/address", forged, ""), 401, "TokenRefused", "projected token of this cluster");
    }

    @Test
    void podThatDoesNotAskIsRefused() throws Exception {
        Pod plain = world.pod(namespace, "plain", Map.of());

        refused(
                pods.post("/v1/address", PodClient.token(client, plain, AUDIENCE), ""),
                403,
                "PodNotMarked",
                "vpnmesh.io/mesh");
    }

    @Test
    void podThatCameAroundAdmissionIsRefused() throws Exception {
        Pod pod = member("web");
        client.pods().inNamespace(namespace).withName("web").edit(current -> {
            current.getMetadata().getLabels().remove("vpnmesh.io/injected");
            return current;
        });

        refused(
                pods.post("/v1/address", PodClient.token(client, pod, AUDIENCE), ""),
                403,
                "PodNotInjected",
                "create it anew");
    }

    @Test
    void podThatIsGoneOrMadeAnewIsRefused() throws Exception {
        Pod pod = member("web");
        String token = PodClient.token(client, pod, AUDIENCE);
        client.resource(pod).withGracePeriod(0).delete();
        world.waitFor(Pod.class, namespace, "web", found -> found == null);

        HttpResponse<String> gone = pods.post("/v1/address", token, "");
        member("web");
        HttpResponse<String> other = pods.post("/v1/address", token, "");

        // The API server itself refuses tokens whose pod is gone; our own check stands behind it.
        assertThat(gone.statusCode()).isIn(401, 403);
        assertThat(other.statusCode()).isIn(401, 403);
        assertThat(ApiError.parse(other.body()).reason()).isIn("TokenRefused", "OtherPod");
    }

    @Test
    void podOnItsWayOutIsRefused() throws Exception {
        Pod pod = client.resource(new PodBuilder(memberOf("web"))
                        .editMetadata()
                        .addToFinalizers("vpnmesh.io/test")
                        .endMetadata()
                        .build())
                .create();
        String token = PodClient.token(client, pod, AUDIENCE);
        client.resource(pod).delete();

        try {
            refused(pods.post("/v1/address", token, ""), 403, "PodTerminating", "being deleted");
        } finally {
            client.pods().inNamespace(namespace).withName("web").edit(current -> {
                current.getMetadata().setFinalizers(List.of());
                return current;
            });
        }
    }

    @Test
    void brokenRequestsAreNamed() throws Exception {
        String token = PodClient.token(client, member("web"), AUDIENCE);

        refused(pods.post("/v1/enroll", token, "{"), 400, "Malformed", "");
        refused(pods.post("/v1/enroll", token, "{\"csr\":\"x\"}"), 400, "CsrMalformed", "CERTIFICATE REQUEST");
        MeshKeyPair fips = MeshKeyPair.generate(SuiteName.FIPS, new SecureRandom());
        refused(pods.post("/v1/enroll", token, pods.csr(fips)), 400, "WrongSuite", "Ed25519");
    }

    @Test
    void feedTellsOfMeshClusterAndPeersAndOfWhoLeaves() throws Exception {
        PodClient.Enrolled one = pods.enrol(PodClient.token(client, member("one"), AUDIENCE));
        Pod second = member("two");
        PodClient.Enrolled two = pods.enrol(PodClient.token(client, second, AUDIENCE));

        List<FeedEvent> list = pods.feedUntil(one, "", event -> isPeer(event, FeedEvent.Type.ADDED, "two"));
        List<FeedEvent> whole = pods.feedUntil(one, "", event -> event.type() == FeedEvent.Type.BOOKMARK);
        assertThat(list).anySatisfy(event -> assertThat(event.object()).isInstanceOf(FeedObject.MeshObject.class));
        assertThat(whole).anySatisfy(event -> assertThat(event.object()).isInstanceOf(FeedObject.ClusterObject.class));
        assertThat(whole).anyMatch(event -> isPeer(event, FeedEvent.Type.ADDED, "one"));
        String bookmark = whole.getLast().resourceVersion();

        report(two, List.of(one.response().nodeId()));
        List<FeedEvent> changed = pods.feedUntil(one, bookmark, event -> isPeer(event, FeedEvent.Type.MODIFIED, "two"));
        assertThat(changed).noneMatch(event -> isPeer(event, FeedEvent.Type.ADDED, "one"));
        assertThat(((FeedObject.PeerObject) changed.getLast().object()).record().homeRelays())
                .containsExactly(one.response().nodeId());

        long deleted = System.nanoTime();
        client.resource(second).withGracePeriod(0).delete();
        pods.feedUntil(one, changed.getLast().resourceVersion(), event -> isPeer(event, FeedEvent.Type.DELETED, "two"));
        assertThat((System.nanoTime() - deleted) / 1e9).as("seconds").isLessThan(5);
        world.waitFor(
                VpnAddressBlock.class,
                namespace,
                client.resources(VpnAddressBlock.class)
                        .inNamespace(namespace)
                        .list()
                        .getItems()
                        .getFirst()
                        .getMetadata()
                        .getName(),
                block -> isReleased(block, second));
    }

    @Test
    void versionOfAnotherDayIsGone() throws Exception {
        PodClient.Enrolled one = pods.enrol(PodClient.token(client, member("one"), AUDIENCE));

        HttpResponse<String> answer = pods.get("/v1/feed?resourceVersion=other-7", one);

        refused(answer, 410, "ResourceVersionGone", "without one");
    }

    @Test
    void finishedPodFreesItsAddress() throws Exception {
        PodClient.Enrolled watcher = pods.enrol(PodClient.token(client, member("watcher"), AUDIENCE));
        Pod job = member("job");
        pods.enrol(PodClient.token(client, job, AUDIENCE));
        List<FeedEvent> seen = pods.feedUntil(watcher, "", event -> isPeer(event, FeedEvent.Type.ADDED, "job"));

        client.resource(job).editStatus(current -> {
            current.getStatus().setPhase("Succeeded");
            return current;
        });

        pods.feedUntil(
                watcher, seen.getLast().resourceVersion(), event -> isPeer(event, FeedEvent.Type.DELETED, "job"));
        refused(
                pods.post("/v1/address", PodClient.token(client, job, AUDIENCE), ""),
                403,
                "PodFinished",
                "has finished");
    }

    @Test
    void replicasAllocateByCompareAndSwap() throws Exception {
        MeshKeys keys = keys();
        AddressSpace space = keys.addressSpace();
        ClientAddressBlocks blocks = new ClientAddressBlocks(client);
        List<AddressAllocator> replicas =
                List.of(new AddressAllocator(blocks), new AddressAllocator(blocks), new AddressAllocator(blocks));
        List<Future<AddressLease>> leases = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 300; i++) {
                Holder holder = new Holder("uid-" + i, namespace, "pod-" + i);
                AddressAllocator replica = replicas.get(i % replicas.size());
                leases.add(threads.submit(() -> replica.allocate(space, holder)));
            }
        }

        Set<Object> given = new HashSet<>();
        for (Future<AddressLease> lease : leases) {
            given.addAll(lease.get().addresses());
        }
        assertThat(given).hasSize(600);
        assertThat(client.resources(VpnAddressBlock.class)
                        .inNamespace(namespace)
                        .list()
                        .getItems())
                .hasSizeGreaterThan(1);
    }

    private static boolean isReleased(VpnAddressBlock block, Pod pod) {
        VpnAddressBlockStatus.Allocation allocation =
                block.getStatus().allocations().get(pod.getMetadata().getUid());
        return allocation != null && allocation.releasedAt() != null;
    }

    private void report(PodClient.Enrolled identity, List<NodeId> homeRelays) throws Exception {
        StatusReport report = new StatusReport(
                System.currentTimeMillis(),
                homeRelays,
                "Unknown",
                List.of(),
                List.of(),
                Map.of(),
                false,
                Optional.empty());
        ok(pods.post("/v1/status", null, report.toJson(), identity));
    }

    private static boolean isPeer(FeedEvent event, FeedEvent.Type type, String name) {
        return event.type() == type
                && event.object() instanceof FeedObject.PeerObject peer
                && peer.name().equals(name);
    }

    private Pod member(String name) {
        return client.resource(memberOf(name)).create();
    }

    private Pod memberOf(String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(namespace)
                .addToAnnotations("vpnmesh.io/mesh", "blue")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("app")
                .withImage("app:1")
                .endContainer()
                .endSpec()
                .build();
    }

    private MeshKeys keys() {
        return authority.keys(new MeshRef(namespace, "blue")).orElseThrow();
    }

    private static String ok(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }

    private static void refused(HttpResponse<String> response, int code, String reason, String fix) throws Exception {
        ApiError error = ApiError.parse(response.body());
        assertThat(error.reason()).as(response.body()).isEqualTo(reason);
        assertThat(response.statusCode()).isEqualTo(code);
        assertThat(error.message()).contains(fix);
    }
}
