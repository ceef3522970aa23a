// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.operator.Leadership;
import io.vpnmesh.operator.OperatorSettings;
import io.vpnmesh.operator.address.Allocations;
import io.vpnmesh.operator.ca.MeshAuthority;
import io.vpnmesh.operator.feed.MeshFeeds;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.model.PeerModel;
import io.vpnmesh.operator.relay.RelayEndpointsSource;
import io.vpnmesh.operator.status.MeshDirectoryState;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Runs a directory for each mesh of this cluster, on every replica, and wakes it when a cache changes. */
@ApplicationScoped
public class ClusterDirectory implements MeshDirectoryState {

    /** After the caches that it listens to. */
    private static final int AFTER_ALLOCATIONS = 120;

    private final KubernetesClient client;
    private final MeshCaches caches;
    private final Allocations allocations;
    private final MeshAuthority authority;
    private final RelayEndpointsSource relays;
    private final HomeRelays homeRelays;
    private final MeshFeeds feeds;
    private final Leadership leadership;
    private final OperatorSettings settings;
    private final ClusterLeaderWork leaderWork;
    private final Map<MeshRef, DirectoryWorker> workers = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("directory-io-", 0).factory());
    private @Nullable SharedIndexInformer<VpnPeer> peers;
    private @Nullable SharedIndexInformer<VpnCluster> clusters;

    ClusterDirectory(
            KubernetesClient client,
            MeshCaches caches,
            Allocations allocations,
            MeshAuthority authority,
            RelayEndpointsSource relays,
            HomeRelays homeRelays,
            MeshFeeds feeds,
            Leadership leadership,
            OperatorSettings settings,
            ClusterLeaderWork leaderWork) {
        this.client = client;
        this.caches = caches;
        this.allocations = allocations;
        this.authority = authority;
        this.relays = relays;
        this.homeRelays = homeRelays;
        this.feeds = feeds;
        this.leadership = leadership;
        this.settings = settings;
        this.leaderWork = leaderWork;
    }

    void start(@Observes @Priority(AFTER_ALLOCATIONS) StartupEvent event) {
        peers = client.resources(VpnPeer.class).inAnyNamespace().runnableInformer(0);
        clusters = client.resources(VpnCluster.class).inAnyNamespace().runnableInformer(0);
        peers.addEventHandler(new Watcher<>(peer -> changed(new MeshRef(
                peer.getSpec().mesh().namespace(), peer.getSpec().mesh().name()))));
        clusters.addEventHandler(new Watcher<>(cluster -> changed(new MeshRef(
                cluster.getMetadata().getNamespace(), cluster.getSpec().mesh()))));
        Stream.of(peers, clusters)
                .forEach(informer -> informer.exceptionHandler((_, _) -> true).start());
        allocations.onChange(new Watcher<>(block -> changed(
                new MeshRef(block.getMetadata().getNamespace(), block.getSpec().mesh()))));
        caches.podInformer().addEventHandler(new PodWatcher());
        caches.relayPodInformer().addEventHandler(new PodWatcher());
        caches.relayServiceInformer().addEventHandler(new Watcher<>(_ -> allChanged()));
        caches.meshInformer().addEventHandler(new MeshWatcher());
        leadership.onGained(this::allChanged);
    }

    void stop(@Observes ShutdownEvent event) {
        workers.values().forEach(DirectoryWorker::stop);
        Stream.of(peers, clusters).filter(Objects::nonNull).forEach(SharedIndexInformer::stop);
        threads.shutdownNow();
    }

    @Override
    public Facts facts(MeshRef mesh) {
        DirectoryWorker worker = workers.get(mesh);
        return worker == null ? new Facts(false, "Starting", "the directory is starting", 1) : worker.facts();
    }

    /** Something outside the caches changed, for example what a pod reported. */
    public void changed(MeshRef mesh) {
        DirectoryWorker worker = workers.get(mesh);
        if (worker != null) {
            worker.changed();
        }
    }

    private void allChanged() {
        workers.values().forEach(DirectoryWorker::changed);
    }

    boolean synced() {
        return caches.synced()
                && allocations.synced()
                && peers != null
                && peers.hasSynced()
                && clusters != null
                && clusters.hasSynced();
    }

    private void open(VpnMesh mesh) {
        workers.computeIfAbsent(MeshRef.of(mesh), ref -> {
            CacheSources sources = new CacheSources(
                    ref,
                    this::synced,
                    caches,
                    allocations,
                    authority,
                    relays,
                    homeRelays,
                    leadership,
                    () -> peers == null ? List.of() : peers.getStore().list(),
                    () -> clusters == null ? List.of() : clusters.getStore().list());
            DirectoryWorker worker = new DirectoryWorker(
                    ref, sources, feeds.of(ref), leaderWork, settings.podName(), InstantSource.system(), threads);
            worker.start();
            return worker;
        });
        changed(MeshRef.of(mesh));
    }

    private void close(VpnMesh mesh) {
        DirectoryWorker worker = workers.remove(MeshRef.of(mesh));
        if (worker != null) {
            worker.stop();
            feeds.remove(MeshRef.of(mesh));
        }
    }

    /** Calls one action whatever happened. */
    private record Watcher<T extends HasMetadata>(Consumer<T> action) implements ResourceEventHandler<T> {

        @Override
        public void onAdd(T object) {
            action.accept(object);
        }

        @Override
        public void onUpdate(T before, T after) {
            action.accept(after);
        }

        @Override
        public void onDelete(T object, boolean unknownState) {
            action.accept(object);
        }
    }

    private final class PodWatcher implements ResourceEventHandler<Pod> {

        @Override
        public void onAdd(Pod pod) {
            allChanged();
        }

        @Override
        public void onUpdate(Pod before, Pod after) {
            boolean matters = PeerModel.finished(before) != PeerModel.finished(after)
                    || !Objects.equals(
                            before.getMetadata().getDeletionTimestamp(),
                            after.getMetadata().getDeletionTimestamp());
            if (matters) {
                gone();
            }
        }

        @Override
        public void onDelete(Pod pod, boolean unknownState) {
            gone();
        }

        private void gone() {
            workers.values().forEach(DirectoryWorker::podGone);
        }
    }

    private final class MeshWatcher implements ResourceEventHandler<VpnMesh> {

        @Override
        public void onAdd(VpnMesh mesh) {
            open(mesh);
        }

        @Override
        public void onUpdate(VpnMesh before, VpnMesh after) {
            if (before.getMetadata().getUid().equals(after.getMetadata().getUid())) {
                changed(MeshRef.of(after));
            } else {
                close(before);
                open(after);
            }
        }

        @Override
        public void onDelete(VpnMesh mesh, boolean unknownState) {
            close(mesh);
        }
    }
}
