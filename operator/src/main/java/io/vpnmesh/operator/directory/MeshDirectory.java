// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.directory.cbor.CoseSign1;
import io.vpnmesh.directory.ctl.CtlMessage;
import io.vpnmesh.directory.record.Checked;
import io.vpnmesh.directory.record.Frame;
import io.vpnmesh.directory.record.FrameCodec;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RecordStore;
import io.vpnmesh.directory.record.Signer;
import io.vpnmesh.directory.record.StoreOutcome;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.feed.FeedStore;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.model.MeshDefaults;
import io.vpnmesh.operator.status.MeshDirectoryState.Facts;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import javax.net.ssl.SSLContext;
import org.jboss.logging.Logger;

/**
 * What one replica knows of one mesh that has keys: this cluster's records from the caches, other clusters' from signed
 * frames, both merged into the feed; the leader also publishes. Owned by one thread; nothing blocks.
 */
final class MeshDirectory {

    private static final Logger LOG = Logger.getLogger(MeshDirectory.class);

    private static final Duration CREDENTIAL_VALIDITY = Duration.ofDays(30);
    private static final Duration DIRECTORY_VALIDITY = Duration.ofDays(365);
    private static final String SOFTWARE = "vpnmesh-operator/0.1.0";

    private final MeshRef ref;
    private final MeshKeys keys;
    private final MeshSources sources;
    private final FeedStore feed;
    private final String replica;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final RecordStore store = new RecordStore();
    private final RemoteClusters remotes;
    private final CertificateVerifier verifier;
    private final MeshLinks links;
    private final FramePublisher publisher;
    private List<PeerRecord> local = List.of();
    private boolean leading;

    /**
     * @param replica name of this operator pod
     * @param listener of the links: enqueues for the owner thread
     */
    MeshDirectory(
            MeshKeys keys,
            MeshSources sources,
            FeedStore feed,
            String replica,
            InstantSource clock,
            ControlLink.Listener listener) {
        this.ref = keys.mesh();
        this.keys = keys;
        this.sources = sources;
        this.feed = feed;
        this.replica = replica;
        this.clock = clock;
        this.remotes = new RemoteClusters(keys.clusterId());
        this.verifier = new CertificateVerifier(List.of(keys.root()), List.of(keys.intermediate()), remotes);
        this.links = new MeshLinks(this::tls, listener);
        Signer signer = new Signer(
                keys.directoryPair().privateKey(),
                List.of(keys.directoryCertificate(clock.instant(), DIRECTORY_VALIDITY), keys.intermediate()),
                random);
        this.publisher = new FramePublisher(keys.clusterId(), signer);
    }

    MeshKeys keys() {
        return keys;
    }

    /** Looks at everything again: feed, frames, connections. */
    void refresh() {
        Optional<VpnMesh> mesh = sources.mesh();
        if (mesh.isEmpty() || !sources.synced()) {
            return;
        }
        Instant now = clock.instant();
        remotes.observe(sources.clusters(), verifier, now);
        remotes.revoked().forEach(cluster -> store.drop(cluster, System.nanoTime()));
        LocalRecords records = sources.local(keys);
        local = records.inside();
        feed.replaceAll(
                FeedComposer.compose(
                        keys, mesh.get(), local, remotes.remotes(), remotes.revoked(), store::records, remotes::name),
                now);
        feed.complete(remotes.expected().stream().allMatch(cluster -> store.sequence(cluster) > 0));
        if (sources.isLeader() != leading) {
            leading = sources.isLeader();
            // The greeting says who answers joins, and it is said once per connection.
            links.reconnect();
        }
        links.keep(RelayTargets.of(sources.relays(), remoteRecords(), knownRelays(mesh.get())));
        if (sources.isLeader()) {
            publisher.update(records.outside(), now).ifPresent(frame -> links.sendAll(new CtlMessage.Publish(frame)));
        }
    }

    /** Anti-entropy: tells every relay what is held here. */
    void tellDigests() {
        if (sources.isLeader() && publisher.hasBegun()) {
            links.sendAll(new CtlMessage.Digest(keys.clusterId(), publisher.sequence(), publisher.digest()));
        }
        for (ClusterId cluster : store.clusters()) {
            if (!cluster.equals(keys.clusterId())) {
                links.sendAll(new CtlMessage.Digest(
                        cluster, store.sequence(cluster), store.digest(cluster).bytes()));
            }
        }
    }

    void connected(ControlLink link) {
        if (!links.owns(link)) {
            return;
        }
        links.connected(link);
        LOG.infof("event=relay-connected mesh=%s relay=%s", ref, link.addresses());
        link.send(new CtlMessage.Hello(CtlMessage.Hello.VERSION, SOFTWARE, keys.founder() && leading));
        link.send(subscription());
        if (sources.isLeader() && publisher.hasBegun()) {
            link.send(new CtlMessage.Publish(publisher.snapshot(clock.instant())));
        }
    }

    void disconnected(ControlLink link, String problem) {
        if (links.owns(link) && links.problem(link, problem)) {
            LOG.infof("event=relay-disconnected mesh=%s problem=\"%s\"", ref, problem);
        }
    }

    /** Returns whether the feed has to be looked at again. */
    boolean received(ControlLink link, CtlMessage message) {
        return switch (message) {
            case CtlMessage.Publish publish -> frame(link, publish.frame());
            case CtlMessage.Digest digest -> {
                digest(link, digest);
                yield false;
            }
            case CtlMessage.Problem problem -> {
                LOG.warnf(
                        "event=relay-problem mesh=%s relay=%s reason=%s message=\"%s\"",
                        ref, link.addresses(), problem.reason(), problem.message());
                links.problem(link, problem.message());
                yield false;
            }
            case CtlMessage.Subscribe subscribe -> {
                subscribed(link, subscribe);
                yield false;
            }
            // Joins are answered by whoever owns this directory; the rest is for relays.
            case CtlMessage.JoinForward _,
                    CtlMessage.JoinAnswered _,
                    CtlMessage.Hello _,
                    CtlMessage.Revocations _,
                    CtlMessage.LinkStates _,
                    CtlMessage.Unknown _ -> false;
        };
    }

    Facts facts() {
        int clusters = 1
                + (int) remotes.remotes().stream()
                        .filter(remote -> !remotes.isClusterRevoked(remote.cluster()))
                        .count();
        if (links.anyConnected()) {
            return new Facts(true, "Connected", "frames go out and come in through a relay", clusters);
        }
        String message = links.size() == 0
                ? "no relay of the mesh is known yet: spec.relay.replicas is 0 here and no other cluster's relay has been"
                        + " named, or the relay's Service has no address yet"
                : "no relay answers on TLS; last problem: " + links.lastProblem();
        return new Facts(false, "NotConnected", message, clusters);
    }

    List<LeaderWork.ClusterView> clusterViews() {
        List<LeaderWork.ClusterView> views = new ArrayList<>();
        views.add(new LeaderWork.ClusterView(
                keys.clusterId(),
                true,
                keys.founder(),
                keys.prefixes().stream().map(String::valueOf).toList(),
                Pem.encode(keys.intermediate()),
                links.anyConnected(),
                sidecars(local),
                Optional.of(clock.instant())));
        for (RemoteClusters.Remote remote : remotes.remotes()) {
            views.add(new LeaderWork.ClusterView(
                    remote.cluster(),
                    false,
                    remote.cluster().toString().equals(keys.terms().founder()),
                    remote.prefixes().stream().map(String::valueOf).toList(),
                    Pem.encode(remote.intermediate()),
                    links.anyConnected() && store.sequence(remote.cluster()) > 0,
                    sidecars(store.records(remote.cluster())),
                    remote.seenAt()));
        }
        return views;
    }

    void stop() {
        links.stop();
    }

    private boolean frame(ControlLink link, byte[] bytes) {
        Instant now = clock.instant();
        switch (FrameCodec.verify(bytes, verifier, now)) {
            case Checked.Refused<Frame> refused -> {
                LOG.warnf(
                        "event=frame-refused mesh=%s relay=%s message=\"%s\"",
                        ref, link.addresses(), refused.message());
                return false;
            }
            case Checked.Valid<Frame> valid -> {
                Frame frame = valid.value();
                if (frame.cluster().equals(keys.clusterId())) {
                    ownFrame(frame.sequence());
                    return false;
                }
                remotes.seen(frame.cluster(), chain(bytes), verifier, now);
                return switch (store.accept(frame, System.nanoTime())) {
                    case StoreOutcome.Applied _ -> true;
                    case StoreOutcome.Stale _ -> false;
                    case StoreOutcome.Gap _ -> {
                        link.send(subscription());
                        yield false;
                    }
                };
            }
        }
    }

    private void ownFrame(long sequence) {
        if (publisher.observe(sequence) && sources.isLeader() && publisher.hasBegun()) {
            links.sendAll(new CtlMessage.Publish(publisher.newSnapshot(clock.instant())));
        }
    }

    private void digest(ControlLink link, CtlMessage.Digest digest) {
        if (!digest.cluster().equals(keys.clusterId())) {
            if (digest.sequence() > store.sequence(digest.cluster())) {
                link.send(subscription());
            }
            return;
        }
        if (!sources.isLeader() || !publisher.hasBegun()) {
            publisher.observe(digest.sequence());
        } else if (digest.sequence() > publisher.sequence()) {
            ownFrame(digest.sequence());
        } else if (digest.sequence() < publisher.sequence()) {
            link.send(new CtlMessage.Publish(publisher.snapshot(clock.instant())));
        } else if (!Arrays.equals(digest.buckets(), publisher.digest())) {
            links.sendAll(new CtlMessage.Publish(publisher.newSnapshot(clock.instant())));
        }
    }

    /** A relay that misses a step asks; steps are not kept here, so it gets everything. */
    private void subscribed(ControlLink link, CtlMessage.Subscribe subscribe) {
        boolean asksForOwn = subscribe.have().isEmpty()
                || subscribe.have().stream().anyMatch(item -> item.cluster().equals(keys.clusterId()));
        if (asksForOwn && sources.isLeader() && publisher.hasBegun()) {
            link.send(new CtlMessage.Publish(publisher.snapshot(clock.instant())));
        }
    }

    private CtlMessage subscription() {
        return new CtlMessage.Subscribe(store.clusters().stream()
                .filter(cluster -> store.sequence(cluster) > 0)
                .map(cluster -> new CtlMessage.ClusterSequence(cluster, store.sequence(cluster)))
                .toList());
    }

    private Collection<PeerRecord> remoteRecords() {
        return remotes.remotes().stream()
                .filter(remote -> !remotes.isClusterRevoked(remote.cluster()))
                .flatMap(remote -> store.records(remote.cluster()).stream())
                .toList();
    }

    private Collection<String> knownRelays(VpnMesh mesh) {
        TreeSet<String> known = new TreeSet<>(keys.terms().relays());
        MeshDefaults.relay(mesh).external().forEach(relay -> known.addAll(relay.tls()));
        return known;
    }

    private SSLContext tls() {
        MeshKeys.Credential credential = keys.operatorCredential(replica, clock.instant(), CREDENTIAL_VALIDITY, random);
        return MeshTls.context(
                credential.pair().privateKey(),
                credential.chain(),
                () -> verifier,
                identity -> identity.role() == NodeRole.RELAY && identity.mesh().equals(keys.meshId()),
                clock);
    }

    private static List<byte[]> chain(byte[] frame) {
        try {
            return CoseSign1.decode(frame).chainDer();
        } catch (MalformedException e) {
            return List.of(); // it was verified a moment ago
        }
    }

    private static int sidecars(Collection<PeerRecord> records) {
        return (int) records.stream()
                .filter(record -> record.role() == NodeRole.SIDECAR)
                .count();
    }
}
