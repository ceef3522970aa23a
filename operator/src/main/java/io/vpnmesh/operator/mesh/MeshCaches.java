// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vpnmesh.crds.VpnMesh;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What every replica knows without asking: meshes, namespaces, pods that carry the sidecar, relay pods and Services. A
 * miss is followed by a live GET, because an informer may be behind the pod that asks. Thread-safe.
 */
@ApplicationScoped
public class MeshCaches {

    /** Before the reconcilers and before HTTP answers. */
    private static final int EARLY = 100;

    private final KubernetesClient client;
    private @Nullable SharedIndexInformer<VpnMesh> meshes;
    private @Nullable SharedIndexInformer<Namespace> namespaces;
    private @Nullable SharedIndexInformer<Pod> pods;
    private @Nullable SharedIndexInformer<Pod> relayPods;
    private @Nullable SharedIndexInformer<Service> relayServices;

    public MeshCaches(KubernetesClient client) {
        this.client = client;
    }

    void start(@Observes @Priority(EARLY) StartupEvent event) {
        meshes = client.resources(VpnMesh.class).inAnyNamespace().runnableInformer(0);
        namespaces = client.namespaces().runnableInformer(0);
        pods = client.pods().inAnyNamespace().withLabel(Marks.INJECTED, "true").runnableInformer(0);
        relayPods = client.pods().inAnyNamespace().withLabel(Marks.RELAY).runnableInformer(0);
        relayServices =
                client.services().inAnyNamespace().withLabel(Marks.RELAY).runnableInformer(0);
        informers()
                .forEach(informer -> informer.exceptionHandler((_, _) -> true).start());
    }

    void stop(@Observes ShutdownEvent event) {
        informers().forEach(SharedIndexInformer::stop);
    }

    /** Whether the caches hold a complete first list of everything. */
    public boolean synced() {
        return informers().count() == 5 && informers().allMatch(SharedIndexInformer::hasSynced);
    }

    public List<VpnMesh> meshes() {
        return items(meshes);
    }

    /** Live, for the moment in which a pod is faster than the watch of the mesh that it asks for. */
    public List<VpnMesh> freshMeshes() {
        return client.resources(VpnMesh.class).inAnyNamespace().list().getItems();
    }

    public List<Namespace> namespaces() {
        return items(namespaces);
    }

    /** Pods that carry the sidecar. */
    public List<Pod> pods() {
        return items(pods);
    }

    public List<Pod> relayPods() {
        return items(relayPods);
    }

    public List<Service> relayServices() {
        return items(relayServices);
    }

    public Optional<VpnMesh> mesh(MeshRef ref) {
        return cached(meshes, ref.namespace(), ref.name())
                .or(() -> Optional.ofNullable(client.resources(VpnMesh.class)
                        .inNamespace(ref.namespace())
                        .withName(ref.name())
                        .get()));
    }

    public Optional<Namespace> namespace(String name) {
        return items(namespaces).stream()
                .filter(namespace -> name.equals(namespace.getMetadata().getName()))
                .findFirst()
                .or(() -> Optional.ofNullable(client.namespaces().withName(name).get()));
    }

    /** The pod from a cache, or live when the cached one is missing or has another uid. */
    public Optional<Pod> pod(String namespace, String name, String uid) {
        return Stream.of(cached(pods, namespace, name), cached(relayPods, namespace, name))
                .flatMap(Optional::stream)
                .filter(pod -> uid.equals(pod.getMetadata().getUid()))
                .findFirst()
                .or(() -> Optional.ofNullable(client.pods()
                                .inNamespace(namespace)
                                .withName(name)
                                .get())
                        .filter(pod -> uid.equals(pod.getMetadata().getUid())));
    }

    /** For those who want to hear of changes; null only before start. */
    public SharedIndexInformer<Pod> podInformer() {
        return Objects.requireNonNull(pods, "caches are not started");
    }

    public SharedIndexInformer<Pod> relayPodInformer() {
        return Objects.requireNonNull(relayPods, "caches are not started");
    }

    public SharedIndexInformer<Service> relayServiceInformer() {
        return Objects.requireNonNull(relayServices, "caches are not started");
    }

    public SharedIndexInformer<VpnMesh> meshInformer() {
        return Objects.requireNonNull(meshes, "caches are not started");
    }

    private Stream<SharedIndexInformer<?>> informers() {
        return Stream.<SharedIndexInformer<?>>of(meshes, namespaces, pods, relayPods, relayServices)
                .filter(Objects::nonNull);
    }

    private static <T extends HasMetadata> List<T> items(@Nullable SharedIndexInformer<T> informer) {
        return informer == null ? List.of() : informer.getStore().list();
    }

    private static <T extends HasMetadata> Optional<T> cached(
            @Nullable SharedIndexInformer<T> informer, String namespace, String name) {
        return informer == null
                ? Optional.empty()
                : Optional.ofNullable(informer.getStore().getByKey(namespace + "/" + name));
    }
}
