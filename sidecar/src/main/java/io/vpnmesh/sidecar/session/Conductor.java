// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.crypto.AeadEngine;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.ipsec.ike.IkeEndpoint;
import io.vpnmesh.ipsec.ike.IkeExtensions;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.ike.IkeSettings;
import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.observe.NatObserver;
import io.vpnmesh.nat.path.PathAgent;
import io.vpnmesh.nat.path.PathInput;
import io.vpnmesh.nat.path.PathSettings;
import io.vpnmesh.nat.relay.RelayAttachments;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalKind;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionRegistry;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.sidecar.data.DataPlane;
import io.vpnmesh.sidecar.data.InboundSa;
import io.vpnmesh.sidecar.data.OverlayPeer;
import io.vpnmesh.sidecar.data.PathUse;
import io.vpnmesh.transport.MachineDriver;
import io.vpnmesh.transport.UdpPort;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything on the conductor's thread: brings what arrives to the machine it is for, and what machines say to each
 * other's shells and to the packet threads.
 */
public final class Conductor implements AutoCloseable {

    private static final long TIDY_NS = 5_000_000_000L;

    private static final int DIRECTORY_CHANGED = 1;
    private static final int RELAYS_REFRESH = 2;
    private static final int PEERS_HEAR = 4;

    private final MachineDriver driver;
    private final DataPlane data;
    private final Wire wire;
    private final MeshKnowledge knowledge;
    private final TransactionRegistry<StunOwner> transactions;
    private final RelayLinks relays;
    private final OutsideView outside;
    private final IkeDesk ike;
    private final Peers peers;
    private final NodeContext context = new NodeContext();
    private final Map<String, PeerSession> byUsername = new HashMap<>();
    private final Shell shell;
    private int pending;

    /** What the process does for its conductor; called on the conductor's thread, must only enqueue. */
    public interface Shell {

        void statusChanged();

        /** A member with a good certificate was met that the directory does not have. */
        void directoryBehind();
    }

    /**
     * Puts the node together; nothing runs before {@link MachineDriver#start}.
     *
     * @param packets seals and opens what travels in Child SAs
     */
    public Conductor(
            MachineDriver driver,
            DataPlane data,
            UdpPort port,
            NodeCredentials credentials,
            long bootEpoch,
            InstantSource clock,
            AeadEngine packets,
            Shell shell) {
        this.driver = driver;
        this.data = data;
        this.shell = shell;
        SecureRandom random = new SecureRandom();
        wire = new Wire(port);
        knowledge = new MeshKnowledge(credentials);
        transactions = new TransactionRegistry<>(random);
        RelayAttachments attachments = new RelayAttachments(transactions.forOwner(new StunOwner.Relays()), random);
        relays = new RelayLinks(driver, knowledge, wire, data.tables(), attachments, new RelayNews());
        outside = new OutsideView(
                driver,
                knowledge,
                wire,
                new NatObserver(transactions.forOwner(new StunOwner.Observer()), random),
                bootEpoch,
                this::candidatesChanged);
        SpiLeases spis = new SpiLeases(attachments.leases());
        spis.onTaken(relays::spiTaken);
        IkeSettings settings = IkeSettings.of(IkeDesk.localIdentity(credentials), bootEpoch)
                .withSuite(credentials.keyPair().suite(), true)
                .withExtensions(IkeExtensions.MESH
                        .withCrashSecretOf(credentials.keyPair().privateKey())
                        .withResumption());
        IkeEndpoint endpoint = new IkeEndpoint(settings, spis, new JdkCrypto(random, packets), random);
        ike = new IkeDesk(driver, endpoint, knowledge, clock, wire, new SessionOwners(), shell::directoryBehind);
        relays.start(ike);
        peers = new Peers(
                driver,
                knowledge,
                data.tables(),
                relays,
                ike,
                context,
                (peer, around) -> new PeerSession(
                        peer,
                        around,
                        new PathAgent(
                                PathSettings.DEFAULT, transactions.forOwner(new StunOwner.Peer(peer.node())), random),
                        driver));
        new TrafficWatch(driver, peers, relays, outside).start();
        driver.every(TIDY_NS, this::tidy);
    }

    // What the control link says; from its threads.

    public void onFeed(FeedEvent event) {
        driver.post(() -> {
            if (knowledge.apply(event)) {
                afterwards(DIRECTORY_CHANGED);
            }
        });
    }

    public void onCredentials(NodeCredentials credentials) {
        driver.post(() -> {
            knowledge.renewed(credentials);
            ike.input(new IkeInput.RenewIdentity(IkeDesk.localIdentity(credentials)));
        });
    }

    /** What follows from a change is done once, after the change is complete, however many parts it has. */
    private void afterwards(int work) {
        boolean first = pending == 0;
        pending |= work;
        if (first) {
            driver.after(0, this::doPending);
        }
    }

    private void doPending() {
        int work = pending;
        pending = 0;
        if ((work & DIRECTORY_CHANGED) != 0) {
            outside.refresh();
            peers.refresh();
        }
        if ((work & (DIRECTORY_CHANGED | RELAYS_REFRESH)) != 0) {
            relays.refresh(peers.neededRelays());
        }
        if ((work & PEERS_HEAR) != 0) {
            peers.relaysChanged();
        }
        shell.statusChanged();
    }

    // What arrives; on the conductor, from the inbox.

    void ikeReceived(Endpoint source, byte[] message) {
        ike.input(new IkeInput.Received(new PeerRef.Direct(source), wire.local(), message));
    }

    void stunReceived(Endpoint source, byte[] bytes) {
        StunMessage message;
        try {
            message = StunCodec.decode(bytes);
        } catch (MalformedException _) {
            return; // counted nowhere: anybody can send it, and it changes nothing
        }
        if (!message.isResponse()) {
            message.username()
                    .map(byUsername::get)
                    .ifPresent(session -> session.input(new PathInput.StunReceived(wire.local(), source, bytes)));
            return;
        }
        Optional<StunOwner> owner = transactions.ownerOf(message.transactionId());
        if (owner.isEmpty()) {
            relays.stunReceived(source, bytes); // a hint of a relay that does not know our tuple
            return;
        }
        switch (owner.get()) {
            case StunOwner.Relays _ -> relays.stunReceived(source, bytes);
            case StunOwner.Observer _ -> outside.stunReceived(source, bytes);
            case StunOwner.Peer peer ->
                peers.find(peer.node())
                        .ifPresent(session -> session.input(new PathInput.StunReceived(wire.local(), source, bytes)));
        }
    }

    void signalReceived(NodeId relay, byte[] datagram) {
        relays.signalReceived(relay, datagram);
    }

    void probeReceived(OverlayPeer peer, Endpoint source, byte[] message) {
        peers.find(peer.node()).ifPresent(session -> session.probeReceived(source, message));
    }

    void demand(OverlayPeer peer) {
        peers.demand(peer);
    }

    // What happens by itself.

    private void candidatesChanged() {
        PathInput.LocalCandidates mine = outside.localCandidates();
        peers.all().forEach(session -> session.input(mine));
        shell.statusChanged();
    }

    private void tidy() {
        relays.refresh(peers.neededRelays());
        peers.connectWanted();
    }

    /** A snapshot for status; on the conductor. */
    public NodeView view() {
        return NodeViews.of(knowledge, relays, outside, peers);
    }

    /** Says goodbye to every peer. On the conductor, before {@link #leaveRelays}: the words go through them. */
    public void leavePeers() {
        peers.retireAll("shutting down");
    }

    /** On the conductor. */
    public void leaveRelays() {
        ike.closeAll("shutting down");
    }

    @Override
    public void close() {
        wire.close();
    }

    /** How sessions find their owners. */
    private final class SessionOwners implements IkeDesk.Owners {

        @Override
        public IkeSession relay(NodeId relay) {
            return relays.session(relay);
        }

        @Override
        public IkeSession peer(NodeId peer) {
            return peers.session(peer).<IkeSession>map(session -> session).orElseGet(() -> new UnwantedSession(ike));
        }

        @Override
        public Optional<IkeSession> byEndpoint(Endpoint remote) {
            return relays.byEndpoint(remote);
        }

        @Override
        public void sendSignalled(NodeId to, byte[] message) {
            relays.signal(to, SignalKind.IKE, message);
        }
    }

    /** What relays bring. */
    private final class RelayNews implements RelayLinks.Listener {

        @Override
        public void relaysChanged() {
            afterwards(PEERS_HEAR);
        }

        @Override
        public void relaySaw(Endpoint relay, Endpoint reflexive) {
            outside.relaySaw(relay, reflexive);
        }

        @Override
        public void spisReady() {
            peers.connectWanted();
        }

        @Override
        public void spiCollision(int spi) {
            for (PeerSession session : peers.all()) {
                for (ChildSa child : session.childSas()) {
                    if (child.inboundSpi() == spi) {
                        ike.input(new IkeInput.RekeyChild(child.session(), spi));
                    }
                }
            }
        }

        @Override
        public void peerSignal(NodeId relay, Signal signal) {
            if (signal.kind() == SignalKind.IKE) {
                ike.input(new IkeInput.Received(
                        new PeerRef.Signalled(signal.node()), Endpoint.UNSPECIFIED, signal.body()));
            } else {
                peers.find(signal.node())
                        .ifPresent(session -> session.input(new PathInput.PeerSignal(signal.kind(), signal.body())));
            }
        }
    }

    /** What peer sessions need. */
    private final class NodeContext implements PeerContext {

        @Override
        public Wire wire() {
            return wire;
        }

        @Override
        public void ike(IkeInput input) {
            ike.input(input);
        }

        @Override
        public void signal(NodeId peer, int kind, byte[] body) {
            relays.signal(peer, kind, body);
        }

        @Override
        public Optional<Endpoint> relayEndpoint(NodeId relay) {
            return relays.find(relay).map(RelayLink::endpoint);
        }

        @Override
        public Optional<NodeId> relayAt(Endpoint endpoint) {
            return relays.relayAt(endpoint);
        }

        @Override
        public List<NodeId> relayPaths(NodeId peer) {
            return knowledge
                    .node(peer)
                    .map(node -> relays.pathsTo(node.record().homeRelays()))
                    .orElse(List.of());
        }

        @Override
        public PathInput.LocalCandidates localCandidates() {
            return outside.localCandidates();
        }

        @Override
        public Optional<IpAddress> addressOf(NodeId peer) {
            List<IpAddress> own = knowledge.credentials().identity().addresses();
            return knowledge
                    .node(peer)
                    .map(FeedObject.PeerObject::record)
                    .flatMap(record -> record.addresses().stream()
                            .filter(address -> own.stream().anyMatch(mine -> mine.family() == address.family()))
                            .findFirst());
        }

        @Override
        public IpAddress ownAddress(int family) {
            return knowledge.credentials().identity().addresses().stream()
                    .filter(address -> address.family() == family)
                    .findFirst()
                    .orElseThrow();
        }

        @Override
        public void addInbound(InboundSa sa) {
            data.tables().addInbound(sa);
        }

        @Override
        public void removeInbound(int spi) {
            data.tables().removeInbound(spi);
        }

        @Override
        public void sendInside(OverlayPeer peer, byte[] packet, PathUse path, ChildSa child) {
            data.sendInside(peer, packet, path, child);
        }

        @Override
        public void release(OverlayPeer peer) {
            data.release(peer);
        }

        @Override
        public void usernamesChanged(PeerSession session) {
            byUsername.values().removeIf(owner -> owner == session);
            session.usernames().forEach(username -> byUsername.put(username, session));
            if (session.isUp()) {
                peers.up(session);
            }
        }

        @Override
        public void changed() {
            afterwards(RELAYS_REFRESH);
        }

        @Override
        public void ended(PeerSession session, String why) {
            peers.ended(session, why);
        }

        @Override
        public void unreachable(PeerSession session) {
            peers.unreachable(session);
        }
    }
}
