// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.ca.Meshes;
import io.vpnmesh.operator.feed.FeedStore;
import io.vpnmesh.operator.feed.FeedView;
import io.vpnmesh.operator.relay.RelayEndpointsSource.RelayPod;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;

/** One operator's directory with the pods, relays and VpnClusters that a test gives it. */
final class TestCluster implements MeshSources, LeaderWork, AutoCloseable {

    private final MeshKeys keys;
    private final VpnMesh mesh = Meshes.founding("blue");
    private final Map<String, PeerRecord> pods = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final FeedStore feed = new FeedStore("test");
    private final DirectoryWorker worker;
    private volatile List<RelayPod> relays = List.of();
    private volatile List<VpnCluster> clusters = List.of();
    private volatile boolean leader = true;

    /** @param known what the API server holds before the operator's first look */
    TestCluster(MeshKeys keys, VpnCluster... known) {
        this.keys = keys;
        clusters = List.of(known);
        this.worker = new DirectoryWorker(keys.mesh(), this, feed, this, "operator-0", InstantSource.system(), threads);
        worker.start();
    }

    void connect(HostPort relay) {
        relays = List.of(new RelayPod(
                "blue-relay-0",
                "relay",
                true,
                List.of(),
                List.of(),
                List.of(),
                List.of(new Endpoint(IpAddress.parse(relay.host()), relay.port()))));
        worker.changed();
    }

    void pod(String uid, int host) {
        NodeIdentity identity = new NodeIdentity(
                keys.meshId(),
                keys.clusterId(),
                keys.nodeOf(uid),
                1,
                NodeRole.SIDECAR,
                "shop",
                "default",
                List.of(keys.prefixes().getFirst().address().plus(host)));
        pods.put(uid, PeerRecord.sidecar(identity, uid, List.of()));
        worker.changed();
    }

    void delete(String uid) {
        pods.remove(uid);
        worker.podGone();
    }

    void knows(VpnCluster... objects) {
        clusters = List.of(objects);
        worker.changed();
    }

    void follow() {
        leader = false;
    }

    void lead() {
        leader = true;
        worker.changed();
    }

    /** Names of the peers in the feed. */
    Set<String> peers() {
        return FeedView.list(feed).values().stream()
                .filter(FeedObject.PeerObject.class::isInstance)
                .map(object -> ((FeedObject.PeerObject) object).name())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    Map<String, FeedObject> list() {
        return new TreeMap<>(FeedView.list(feed));
    }

    boolean feedIsComplete() {
        return feed.complete();
    }

    boolean connected() {
        return worker.facts().connected();
    }

    @Override
    public boolean synced() {
        return true;
    }

    @Override
    public Optional<VpnMesh> mesh() {
        return Optional.of(mesh);
    }

    @Override
    public Optional<MeshKeys> keys() {
        return Optional.of(keys);
    }

    @Override
    public LocalRecords local(MeshKeys mine) {
        List<PeerRecord> records = List.copyOf(new TreeMap<>(pods).values());
        return new LocalRecords(records, records);
    }

    @Override
    public List<RelayPod> relays() {
        return relays;
    }

    @Override
    public List<VpnCluster> clusters() {
        return clusters;
    }

    @Override
    public boolean isLeader() {
        return leader;
    }

    @Override
    public void releaseAddresses(MeshKeys mine) {}

    @Override
    public void showClusters(MeshKeys mine, VpnMesh object, List<ClusterView> views) {}

    @Override
    public Attempt join(VpnMesh object) {
        throw new AssertionError("this cluster has keys");
    }

    @Override
    public byte[] answerJoin(MeshKeys mine, VpnMesh object, byte[] request) {
        return request;
    }

    @Override
    public void close() {
        worker.stop();
        threads.shutdownNow();
    }
}
