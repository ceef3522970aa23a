// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.e2e.Lab;
import io.vpnmesh.e2e.cluster.ClusterProvider;
import io.vpnmesh.e2e.cluster.LabNode;
import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.image.DebianImage;
import io.vpnmesh.e2e.net.Site;
import io.vpnmesh.e2e.net.Topology;
import io.vpnmesh.e2e.run.Run;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Two clusters behind NAT, one mesh over both, a web server in the first and a client in the second.
public final class Overlay {
    public static final String MESH_NAMESPACE = "vpnmesh";
    public static final String MESH = "demo";
    public static final String SHOP = "shop";

    private static final Duration READY = Duration.ofSeconds(180);

    private final Topology topology;
    private final Product product;
    private final LabNode a;
    private final LabNode b;

    private Overlay(Topology topology, Product product, LabNode a, LabNode b) {
        this.topology = topology;
        this.product = product;
        this.a = a;
        this.b = b;
    }

    /// Starts everything, step by step as a user would. What is started belongs to the run.
    public static Overlay start(Run run, Product product, Progress progress) {
        ClusterProvider provider = ClusterProvider.named("lab");
        Lab lab = Lab.start(run, List.of("a", "b"), provider, progress::say);
        Overlay overlay = new Overlay(lab.topology(), product, (LabNode) lab.cluster("a"), (LabNode) lab.cluster("b"));
        progress.step("images onto the nodes", overlay::importImages);
        progress.step(
                "helm install vpnmesh, in both",
                () -> overlay.nodes().parallelStream().forEach(product::install));
        progress.step("kubectl apply -f docs/examples/mesh.yaml, in a; relay up, mesh Ready", overlay::found);
        progress.step("kubectl vpnmesh invite in a, join in b; mesh Ready", overlay::join);
        progress.step("two ordinary Deployments with one annotation each; pods Ready", overlay::deploy);
        return overlay;
    }

    private void importImages() {
        var web = new DebianImage(
                "docker.io/library/vpnmesh-demo-web:1",
                DebianImage.web().packages(),
                DebianImage.web().files());
        var client = new DebianImage(
                "docker.io/library/vpnmesh-demo-client:1",
                DebianImage.client().packages(),
                DebianImage.client().files());
        nodes().parallelStream().forEach(product::importImages);
        a.importImage(web.archive(Tools.cache()));
        b.importImage(client.archive(Tools.cache()));
    }

    private void found() {
        product.apply(a, "mesh.yaml");
        awaitMesh(a);
    }

    private void join() {
        String token = product.cli(a, "invite", MESH, "-n", MESH_NAMESPACE).orThrow();
        b.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n".formatted(MESH_NAMESPACE));
        product.cli(b, "join", MESH, "-n", MESH_NAMESPACE).input(token + "\n").orThrow();
        product.apply(b, "join.yaml");
        awaitMesh(b);
    }

    private void deploy() {
        product.apply(a, "web.yaml");
        product.apply(b, "client.yaml");
        web();
        client();
    }

    private void awaitMesh(LabNode cluster) {
        Await.until(
                "the mesh to be Ready in " + cluster.name(),
                READY,
                () -> condition(cluster, "Ready").filter("True"::equals).isPresent(),
                () -> cluster.kubectl("get", "vpnmesh,pods", "-A", "-o", "wide")
                                .run()
                                .out()
                        + mesh(cluster).map(mesh -> mesh.get("status")).orElse("no status"));
    }

    public Optional<GenericKubernetesResource> mesh(LabNode cluster) {
        return Optional.ofNullable(cluster.client()
                .genericKubernetesResources("vpnmesh.io/v1alpha1", "VpnMesh")
                .inNamespace(MESH_NAMESPACE)
                .withName(MESH)
                .get());
    }

    /// The state of a pod's overlay address in its cluster's address blocks; empty text when no block knows the pod.
    public String allocationState(LabNode cluster, String podUid) {
        return cluster
                .client()
                .genericKubernetesResources("vpnmesh.io/v1alpha1", "VpnAddressBlock")
                .inNamespace(MESH_NAMESPACE)
                .list()
                .getItems()
                .stream()
                .flatMap(block ->
                        Optional.ofNullable(block.<Object>get("status", "allocations", podUid, "state")).stream())
                .map(String::valueOf)
                .findFirst()
                .orElse("");
    }

    private Optional<String> condition(LabNode cluster, String type) {
        Optional<List<Map<String, Object>>> conditions = mesh(cluster).map(mesh -> mesh.get("status", "conditions"));
        return conditions.stream()
                .flatMap(List::stream)
                .filter(condition -> type.equals(condition.get("type")))
                .map(condition -> String.valueOf(condition.get("status")))
                .findFirst();
    }

    public Topology topology() {
        return topology;
    }

    public Product product() {
        return product;
    }

    public List<LabNode> nodes() {
        return List.of(a, b);
    }

    public LabNode a() {
        return a;
    }

    public LabNode b() {
        return b;
    }

    public Site siteB() {
        return topology.site("b");
    }

    /// The web server's pod, Ready.
    public Member web() {
        return member(a, "web");
    }

    /// The client's pod, Ready.
    public Member client() {
        return member(b, "client");
    }

    /// The Ready pod with the label `app`, waited for.
    public Member member(LabNode cluster, String app) {
        return Await.present(
                "pod " + app + " to be Ready in " + cluster.name() + " with an overlay address",
                READY,
                () -> cluster.client().pods().inNamespace(SHOP).withLabel("app", app).list().getItems().stream()
                        .filter(Overlay::isReady)
                        .flatMap(pod -> Member.of(cluster, pod).stream())
                        .findFirst(),
                () -> cluster.kubectl("describe", "pods", "-n", SHOP, "-l", "app=" + app)
                        .run()
                        .out());
    }

    private static boolean isReady(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() == null
                && pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().equals("Ready")
                                && condition.getStatus().equals("True"));
    }
}
