// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.directory;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.cbor.CoseSign1;
import io.vpnmesh.directory.ctl.CtlCodec;
import io.vpnmesh.directory.ctl.CtlMessage;
import io.vpnmesh.directory.record.Checked;
import io.vpnmesh.directory.record.Frame;
import io.vpnmesh.directory.record.FrameCodec;
import io.vpnmesh.directory.record.FrameLog;
import io.vpnmesh.directory.record.LinkState;
import io.vpnmesh.directory.record.LinkStateCodec;
import io.vpnmesh.directory.record.RecordStore;
import io.vpnmesh.directory.record.RevocationCodec;
import io.vpnmesh.directory.record.RevocationList;
import io.vpnmesh.directory.record.StoreOutcome;
import io.vpnmesh.node.control.TrustView;
import io.vpnmesh.transport.tls.TlsConnection;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The relay's soft state: signed records of all clusters, verified, kept in memory and handed to everybody who has
 * subscribed. It believes signatures, not senders; a sender that offers something unbelievable is told why and closed.
 * Conductor only.
 */
public final class DirectoryHub {

    private static final System.Logger LOG = System.getLogger(DirectoryHub.class.getName());

    /** A frame is a cluster's; more clusters than this is not a mesh but a flood. */
    private static final int MAX_CLUSTERS = 4096;

    private static final class Member {
        private final NodeIdentity identity;
        private boolean greeted;
        private boolean founder;
        private boolean subscribed;

        private Member(NodeIdentity identity) {
            this.identity = identity;
        }
    }

    private record Signed<T>(T value, byte[] bytes) {}

    private final Supplier<TrustView> trust;
    private final InstantSource clock;
    private final RecordListener listener;
    private final String software;
    private final JoinDesk joins;
    private final Map<TlsConnection, Member> members = new LinkedHashMap<>();
    private final RecordStore store = new RecordStore();
    private final FrameLog log = new FrameLog();
    private final Map<ClusterId, Signed<RevocationList>> revocations = new HashMap<>();
    private final Map<NodeId, Signed<LinkState>> linkStates = new HashMap<>();

    /** @param software name and version, told to the other end */
    public DirectoryHub(
            MeshId mesh, String software, Supplier<TrustView> trust, InstantSource clock, RecordListener listener) {
        this.software = software;
        this.trust = trust;
        this.clock = clock;
        this.listener = listener;
        joins = new JoinDesk(mesh, this::founder);
    }

    /** A control connection; its TLS has checked the certificate if one was shown. */
    public void opened(TlsConnection connection) {
        try {
            members.put(connection, new Member(MeshTls.peer(connection.session())));
            listener.onChain(MeshTls.peerChain(connection.session()));
            send(connection, new CtlMessage.Hello(CtlMessage.Hello.VERSION, software, false));
        } catch (MalformedException e) {
            connection.close();
        }
    }

    public void closed(TlsConnection connection) {
        members.remove(connection);
    }

    public void received(TlsConnection connection, byte[] body, long nowNs) {
        Member member = members.get(connection);
        if (member == null) {
            return;
        }
        try {
            CtlMessage message = CtlCodec.decode(body);
            if (!member.greeted && !(message instanceof CtlMessage.Hello)) {
                problem(connection, "HelloExpected", "the first message is a hello");
                return;
            }
            take(connection, member, message, nowNs);
        } catch (MalformedException e) {
            problem(connection, "Malformed", e.getMessage());
        }
    }

    private void take(TlsConnection connection, Member member, CtlMessage message, long nowNs)
            throws MalformedException {
        switch (message) {
            case CtlMessage.Hello hello -> {
                member.greeted = true;
                member.founder = hello.founder() && member.identity.role() == NodeRole.OPERATOR;
                LOG.log(
                        System.Logger.Level.INFO,
                        "event=control-up role=" + member.identity.role() + " cluster=" + member.identity.cluster()
                                + " software=\"" + hello.software() + "\"");
            }
            case CtlMessage.Publish publish -> publish(connection, publish, nowNs);
            case CtlMessage.Revocations published -> revoke(connection, published);
            case CtlMessage.LinkStates states -> linkState(connection, states);
            case CtlMessage.Subscribe subscribe -> subscribe(connection, member, subscribe);
            case CtlMessage.Digest digest -> compare(connection, digest);
            case CtlMessage.JoinAnswered answered -> {
                if (member.founder) {
                    joins.answered(answered);
                }
            }
            case CtlMessage.Problem problem ->
                LOG.log(
                        System.Logger.Level.WARNING,
                        "event=control-problem cluster=" + member.identity.cluster() + " reason=" + problem.reason()
                                + " message=\"" + problem.message() + "\"");
            case CtlMessage.JoinForward _ -> problem(connection, "Unexpected", "a relay answers no joins");
            case CtlMessage.Unknown _ -> {}
        }
    }

    private void publish(TlsConnection from, CtlMessage.Publish publish, long nowNs) throws MalformedException {
        switch (FrameCodec.verify(publish.frame(), trust.get().verifier(), clock.instant())) {
            case Checked.Refused<Frame> refused -> problem(from, "FrameRefused", refused.message());
            case Checked.Valid<Frame> valid -> {
                listener.onChain(CoseSign1.decode(publish.frame()).chainDer());
                accept(from, valid.value(), publish, nowNs);
            }
        }
    }

    private void accept(TlsConnection from, Frame frame, CtlMessage.Publish publish, long nowNs) {
        if (store.clusters().size() >= MAX_CLUSTERS && !store.clusters().contains(frame.cluster())) {
            problem(from, "TooManyClusters", "this relay keeps records of " + MAX_CLUSTERS + " clusters");
            return;
        }
        switch (store.accept(frame, nowNs)) {
            case StoreOutcome.Stale _ -> {} // a double from another replica or relay
            case StoreOutcome.Gap gap ->
                send(
                        from,
                        new CtlMessage.Subscribe(
                                List.of(new CtlMessage.ClusterSequence(frame.cluster(), gap.heldSequence()))));
            case StoreOutcome.Applied applied -> {
                log.append(frame, publish.frame());
                toSubscribers(from, CtlCodec.encode(publish));
                applied.changes().forEach(this::tell);
            }
        }
    }

    private void tell(StoreOutcome.Change change) {
        switch (change) {
            case StoreOutcome.Change.Upserted upserted -> listener.onPresent(upserted.record());
            case StoreOutcome.Change.Removed removed -> listener.onGone(removed.record());
        }
    }

    private void revoke(TlsConnection from, CtlMessage.Revocations published) {
        switch (RevocationCodec.verify(published.list(), trust.get().verifier(), clock.instant())) {
            case Checked.Refused<RevocationList> refused -> problem(from, "RevocationsRefused", refused.message());
            case Checked.Valid<RevocationList> valid -> {
                RevocationList list = valid.value();
                Signed<RevocationList> held = revocations.get(list.cluster());
                if (held == null || list.number() > held.value().number()) {
                    revocations.put(list.cluster(), new Signed<>(list, published.list()));
                    toSubscribers(from, CtlCodec.encode(published));
                    listener.onRevoked(list);
                }
            }
        }
    }

    private void linkState(TlsConnection from, CtlMessage.LinkStates states) {
        switch (LinkStateCodec.verify(states.state(), trust.get().verifier(), clock.instant())) {
            case Checked.Refused<LinkState> refused -> problem(from, "LinkStateRefused", refused.message());
            case Checked.Valid<LinkState> valid -> {
                LinkState state = valid.value();
                Signed<LinkState> held = linkStates.get(state.node());
                if (held == null || state.isNewerThan(held.value())) {
                    linkStates.put(state.node(), new Signed<>(state, states.state()));
                    toSubscribers(from, CtlCodec.encode(states));
                }
            }
        }
    }

    private void subscribe(TlsConnection connection, Member member, CtlMessage.Subscribe subscribe) {
        member.subscribed = true;
        Map<ClusterId, Long> have = new HashMap<>();
        subscribe.have().forEach(item -> have.put(item.cluster(), item.sequence()));
        for (Signed<RevocationList> list : revocations.values()) {
            send(connection, new CtlMessage.Revocations(list.bytes()));
        }
        for (ClusterId cluster : log.clusters()) {
            sendSince(connection, cluster, have.getOrDefault(cluster, 0L));
        }
        for (Signed<LinkState> state : linkStates.values()) {
            send(connection, new CtlMessage.LinkStates(state.bytes()));
        }
    }

    private void sendSince(TlsConnection connection, ClusterId cluster, long sequence) {
        for (byte[] frame : log.since(cluster, sequence)) {
            send(connection, new CtlMessage.Publish(frame));
        }
    }

    private void compare(TlsConnection connection, CtlMessage.Digest digest) {
        long held = store.sequence(digest.cluster());
        if (held > digest.sequence()) {
            sendSince(connection, digest.cluster(), digest.sequence());
        } else if (held < digest.sequence()) {
            send(connection, new CtlMessage.Subscribe(List.of(new CtlMessage.ClusterSequence(digest.cluster(), held))));
        }
        // Same sequence and other content: our own next digest makes the cluster's operator send a snapshot.
    }

    /** Anti-entropy, a sign of life for whoever is connected, and housekeeping; every 30 seconds. */
    public void exchangeDigests() {
        linkStates.values().removeIf(state -> state.value().isOutdated(clock.instant()));
        for (ClusterId cluster : store.clusters()) {
            byte[] digest = CtlCodec.encode(new CtlMessage.Digest(
                    cluster, store.sequence(cluster), store.digest(cluster).bytes()));
            for (Map.Entry<TlsConnection, Member> entry : List.copyOf(members.entrySet())) {
                if (entry.getValue().greeted) {
                    entry.getKey().send(digest);
                }
            }
        }
    }

    /** After trust has changed: revoked clusters lose their connections and their records. */
    public void dropRevoked(long nowNs) {
        TrustView now = trust.get();
        for (Map.Entry<TlsConnection, Member> entry : List.copyOf(members.entrySet())) {
            if (now.isRevoked(entry.getValue().identity.cluster())) {
                problem(entry.getKey(), "ClusterRevoked", "the cluster is revoked in this mesh");
            }
        }
        for (ClusterId cluster : store.clusters()) {
            if (now.isRevoked(cluster)) {
                store.drop(cluster, nowNs).forEach(this::tell);
                log.drop(cluster);
            }
        }
    }

    private void toSubscribers(TlsConnection except, byte[] encoded) {
        for (Map.Entry<TlsConnection, Member> entry : List.copyOf(members.entrySet())) {
            if (entry.getValue().subscribed && entry.getKey() != except) {
                entry.getKey().send(encoded);
            }
        }
    }

    private Optional<TlsConnection> founder() {
        List<TlsConnection> founders = new ArrayList<>();
        members.forEach((connection, member) -> {
            if (member.founder) {
                founders.add(connection);
            }
        });
        // The newest connection: an older one of the same operator may be dead without our knowing.
        return founders.isEmpty() ? Optional.empty() : Optional.of(founders.getLast());
    }

    public void joinerOpened(TlsConnection joiner, long nowNs) {
        joins.opened(joiner, nowNs);
    }

    public void joinRequested(TlsConnection joiner, byte[] body) {
        joins.requested(joiner, body);
    }

    public void joinerClosed(TlsConnection joiner) {
        joins.closed(joiner);
    }

    /** Ends joins that nobody answered. */
    public void expireJoins(long nowNs) {
        joins.expire(nowNs);
    }

    public int connectionCount() {
        return members.size();
    }

    public int clusterCount() {
        return store.clusters().size();
    }

    public int waitingJoins() {
        return joins.waitingCount();
    }

    private static void send(TlsConnection connection, CtlMessage message) {
        connection.send(CtlCodec.encode(message));
    }

    private static void problem(TlsConnection connection, String reason, String message) {
        LOG.log(
                System.Logger.Level.WARNING,
                "event=control-refused remote=" + connection.remote() + " reason=" + reason + " message=\"" + message
                        + "\"");
        connection.sendAndClose(CtlCodec.encode(new CtlMessage.Problem(reason, message)));
    }
}
