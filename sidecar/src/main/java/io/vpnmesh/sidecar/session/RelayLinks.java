// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.relay.AttachmentEvent;
import io.vpnmesh.nat.relay.AttachmentInput;
import io.vpnmesh.nat.relay.RelayAttachments;
import io.vpnmesh.nat.relay.RelayClientEvent;
import io.vpnmesh.nat.relay.RelayClientInput;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalCodec;
import io.vpnmesh.sidecar.data.TableHolder;
import io.vpnmesh.transport.MachineDriver;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The relays that this node is attached to: its homes, where peers send to it, and those of the peers that it sends to.
 * Each has an ordinary IKE SA, and in it one Child SA for signalling. Conductor only.
 */
final class RelayLinks implements MachineDriver.Sink<AttachmentEvent> {

    /** What the rest of the node hears from relays. */
    interface Listener {
        void relaysChanged();

        void relaySaw(Endpoint relay, Endpoint reflexive);

        void spisReady();

        void spiCollision(int spi);

        void peerSignal(NodeId relay, Signal signal);
    }

    private static final System.Logger LOG = System.getLogger(RelayLinks.class.getName());

    private static final int MAX_LINKS = 8;
    private static final long HOME_CHECK_GAP_NS = 1_000_000_000L;
    private static final int MAX_STRANGERS = 16;
    /** A home that has been silent for so long gives its place to another relay, if there is one. */
    private static final long AVOID_NS = 10_000_000_000L;

    private final MachineDriver driver;
    private final MeshKnowledge knowledge;
    private final Wire wire;
    private final TableHolder tables;
    private final RelayAttachments machine;
    private final Listener listener;
    private final MachineDriver.Handle<AttachmentInput, AttachmentEvent> attachments;
    private final Map<NodeId, RelayLink> links = new LinkedHashMap<>();
    private final Map<NodeId, NodeId> heardThrough = new LinkedHashMap<>();
    /** The same of who is not in the directory, the last few only: what refuses them by name has to reach them. */
    private final Map<NodeId, NodeId> strangers = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<NodeId, NodeId> eldest) {
            return size() > MAX_STRANGERS;
        }
    };

    private long homesCheckedNs = -HOME_CHECK_GAP_NS;
    private @Nullable IkeDesk ike;

    RelayLinks(
            MachineDriver driver,
            MeshKnowledge knowledge,
            Wire wire,
            TableHolder tables,
            RelayAttachments machine,
            Listener listener) {
        this.driver = driver;
        this.knowledge = knowledge;
        this.wire = wire;
        this.tables = tables;
        this.machine = machine;
        this.listener = listener;
        attachments = driver.register(machine, this);
    }

    void start(IkeDesk desk) {
        ike = desk;
    }

    private IkeDesk ike() {
        return Objects.requireNonNull(ike, "start() comes first");
    }

    /** The directory changed, or time has passed: choose homes, let go of relays that are gone. */
    void refresh(Set<NodeId> neededByPeers) {
        long now = driver.nowNs();
        Map<NodeId, PeerRecord> known = new LinkedHashMap<>();
        for (FeedObject.PeerObject relay : knowledge.relays()) {
            if (!RelayLink.endpoints(relay.record()).isEmpty()
                    && !relay.record().draining()) {
                known.put(relay.record().node(), relay.record());
            }
        }
        List.copyOf(links.values()).stream()
                .filter(link -> !known.containsKey(link.relay))
                .forEach(link -> drop(link, "relay is gone"));
        links.values().forEach(link -> renew(link, Objects.requireNonNull(known.get(link.relay))));
        List<NodeId> homes = HomeChoice.choose(knowledge.self(), known.keySet(), preferredHomes(), avoided(now));
        links.values().forEach(link -> link.home = homes.contains(link.relay));
        homes.forEach(home -> link(Objects.requireNonNull(known.get(home)), true));
        for (NodeId relay : neededByPeers) {
            PeerRecord record = known.get(relay);
            if (record != null && links.size() < MAX_LINKS) {
                link(record, homes.contains(relay));
            }
        }
        List.copyOf(links.values()).stream()
                .filter(link -> !link.home && !neededByPeers.contains(link.relay))
                .forEach(link -> drop(link, "no longer needed"));
    }

    /** What we had stays; a new process goes where the directory says that it is. */
    private List<NodeId> preferredHomes() {
        List<NodeId> now = links.values().stream()
                .filter(link -> link.home)
                .map(link -> link.relay)
                .toList();
        return now.isEmpty()
                ? knowledge.ourselves().map(own -> own.record().homeRelays()).orElse(List.of())
                : now;
    }

    private Set<NodeId> avoided(long now) {
        Set<NodeId> silent = new HashSet<>();
        links.values().stream()
                .filter(link -> !link.forwards && now - link.downSinceNs > AVOID_NS)
                .forEach(link -> silent.add(link.relay));
        return silent;
    }

    private void link(PeerRecord record, boolean home) {
        RelayLink link = links.get(record.node());
        if (link == null) {
            link = new RelayLink(record, overlay(record), driver.nowNs());
            link.home = home;
            links.put(record.node(), link);
            connect(link);
        }
        attachments.input(new AttachmentInput.Attach(link.relay, link.endpoint(), home));
    }

    private IpAddress overlay(PeerRecord record) {
        List<IpAddress> own = knowledge.credentials().identity().addresses();
        return record.addresses().stream()
                .filter(address -> own.stream().anyMatch(mine -> mine.family() == address.family()))
                .findFirst()
                .orElse(record.addresses().getFirst());
    }

    private void renew(RelayLink link, PeerRecord record) {
        link.overlay = overlay(record);
        if (link.renew(record)) {
            reconnect(link, "its address changed");
        }
    }

    private void connect(RelayLink link) {
        attachments.input(new AttachmentInput.Attach(link.relay, link.endpoint(), link.home));
        ike().input(new IkeInput.Connect(
                new PeerRef.Direct(link.endpoint()),
                link.relay,
                hosts(knowledge.credentials().identity().addresses()),
                hosts(List.of(link.overlay))));
    }

    private static List<Cidr> hosts(Collection<IpAddress> addresses) {
        return addresses.stream().map(Cidr::host).toList();
    }

    private void drop(RelayLink link, String reason) {
        links.remove(link.relay);
        closeSession(link, reason);
        attachments.input(new AttachmentInput.Detach(link.relay));
        LOG.log(System.Logger.Level.INFO, "event=relay-left relay=" + link.relay + " reason=\"" + reason + "\"");
        listener.relaysChanged();
    }

    private void closeSession(RelayLink link, String reason) {
        if (link.session != 0) {
            ike().closeSession(link.session, reason);
        }
        setForwards(link, false);
    }

    /** A relay that lost its state answers nothing: only a new IKE SA helps. */
    void reconnect(RelayLink link, String reason) {
        closeSession(link, reason);
        link.session = 0;
        tell(link, new RelayClientInput.Unsecured());
        connect(link);
    }

    void retryAfter(RelayLink link, long pauseNs) {
        driver.after(pauseNs, () -> {
            if (links.get(link.relay) == link && link.session == 0) {
                connect(link);
            }
        });
    }

    void setForwards(RelayLink link, boolean forwards) {
        if (link.forwards != forwards) {
            link.forwards = forwards;
            link.downSinceNs = driver.nowNs();
            listener.relaysChanged();
        }
    }

    /** The relay's side of IKE; a relay that nobody asked for any more is closed. */
    IkeSession session(NodeId relay) {
        RelayLink link = links.get(relay);
        return link == null ? new UnwantedSession(ike()) : new RelaySession(link, this, tables);
    }

    Optional<IkeSession> byEndpoint(Endpoint remote) {
        return links.values().stream()
                .filter(link -> link.endpoint().equals(remote))
                .findFirst()
                .map(link -> new RelaySession(link, this, tables));
    }

    void tell(RelayLink link, RelayClientInput input) {
        attachments.input(new AttachmentInput.ToRelay(link.relay, input));
    }

    /** Proves our tuple at the homes now, once a second at most. */
    void checkHomes() {
        if (driver.nowNs() - homesCheckedNs < HOME_CHECK_GAP_NS) {
            return;
        }
        homesCheckedNs = driver.nowNs();
        links.values().stream().filter(link -> link.home).forEach(link -> tell(link, new RelayClientInput.CheckNow()));
    }

    void stunReceived(Endpoint remote, byte[] message) {
        attachments.input(new AttachmentInput.StunReceived(wire.local(), remote, message));
    }

    void signalReceived(NodeId relay, byte[] datagram) {
        attachments.input(new AttachmentInput.ToRelay(relay, new RelayClientInput.SignalReceived(datagram)));
    }

    /** The pool may want to lease more; any input makes it look. */
    void spiTaken() {
        attachments.input(new AttachmentInput.ToRelay(knowledge.self(), new RelayClientInput.CheckNow()));
    }

    @Override
    public void onTransmit(Datagram datagram) {
        wire.send(datagram.remote(), datagram.payload());
    }

    @Override
    public void onEvent(AttachmentEvent event) {
        switch (event) {
            case AttachmentEvent.FromRelay from -> {
                RelayLink link = links.get(from.relay());
                if (link != null) {
                    fromRelay(link, from.event());
                }
            }
            case AttachmentEvent.SpisReady _ -> listener.spisReady();
            case AttachmentEvent.SpiCollision collision -> listener.spiCollision(collision.spi());
        }
    }

    private void fromRelay(RelayLink link, RelayClientEvent event) {
        switch (event) {
            case RelayClientEvent.SendSignal send -> seal(link, send.datagram());
            case RelayClientEvent.Attached attached -> {
                link.succeeded();
                link.reflexive = attached.reflexive().toString();
                LOG.log(System.Logger.Level.INFO, "event=relay-attached relay=" + link.relay + " home=" + link.home);
                setForwards(link, true);
                listener.relaySaw(link.endpoint(), attached.reflexive());
            }
            case RelayClientEvent.Down _ -> {
                LOG.log(System.Logger.Level.WARNING, "event=relay-silent relay=" + link.relay + " next=reconnect");
                setForwards(link, false);
                reconnect(link, "silent");
            }
            case RelayClientEvent.Suspect suspect ->
                LOG.log(System.Logger.Level.DEBUG, "event=relay-suspect relay=" + link.relay + " on=" + suspect.on());
            case RelayClientEvent.PeerSignal signal -> {
                NodeId from = signal.signal().node();
                (knowledge.node(from).isPresent() ? heardThrough : strangers).put(from, link.relay);
                listener.peerSignal(link.relay, signal.signal());
            }
            case RelayClientEvent.Refused refused ->
                LOG.log(
                        System.Logger.Level.DEBUG,
                        "event=signal-refused relay=" + link.relay + " about=" + refused.about() + " reason=\""
                                + refused.error() + "\"");
            case RelayClientEvent.Moving moving -> {
                LOG.log(System.Logger.Level.INFO, "event=relay-moving relay=" + link.relay + " move=" + moving.move());
                link.downSinceNs = driver.nowNs() - AVOID_NS - 1;
                setForwards(link, false);
            }
            case RelayClientEvent.Leased _, RelayClientEvent.LeaseUnanswered _ -> {
                // The pool has taken note.
            }
        }
    }

    private void seal(RelayLink link, byte[] datagram) {
        ChildSa child = link.children.outbound();
        IpAddress own = link.ownAddress(knowledge.credentials().identity().addresses());
        if (child != null && own != null) {
            wire.sendSignal(child, own, link.overlay, link.endpoint(), datagram);
        }
    }

    /** Sends signalling to a peer, over a relay where both are; dropped while there is none. */
    void signal(NodeId peer, int kind, byte[] body) {
        for (RelayLink link : linksTowards(peer)) {
            if (link.children.outbound() != null) {
                seal(link, SignalCodec.encode(Signal.between(kind, peer, body)));
                return;
            }
        }
        LOG.log(System.Logger.Level.DEBUG, "event=signal-unsent peer=" + peer + " kind=" + kind);
    }

    private List<RelayLink> linksTowards(NodeId peer) {
        NodeId heard = heardThrough.getOrDefault(peer, strangers.get(peer));
        List<NodeId> homes =
                knowledge.node(peer).map(node -> node.record().homeRelays()).orElse(List.of());
        return links.values().stream()
                .filter(link -> link.forwards && (link.relay.equals(heard) || homes.contains(link.relay)))
                .sorted((a, b) -> Boolean.compare(homes.contains(b.relay), homes.contains(a.relay)))
                .toList();
    }

    /** Relays that carry packets to this peer now. */
    List<NodeId> pathsTo(List<NodeId> homesOfPeer) {
        return homesOfPeer.stream()
                .filter(relay -> {
                    RelayLink link = links.get(relay);
                    return link != null && link.forwards;
                })
                .toList();
    }

    Optional<RelayLink> find(NodeId relay) {
        return Optional.ofNullable(links.get(relay));
    }

    Collection<RelayLink> all() {
        return links.values();
    }

    /** Relays where peers reach us, for the directory. */
    List<NodeId> homesInUse() {
        return links.values().stream()
                .filter(link -> link.home && link.forwards)
                .map(link -> link.relay)
                .toList();
    }

    Optional<NodeId> relayAt(Endpoint endpoint) {
        return links.values().stream()
                .filter(link -> link.endpoint().equals(endpoint))
                .map(link -> link.relay)
                .findFirst();
    }

    RelayAttachments machine() {
        return machine;
    }

    void forgetPeer(NodeId peer) {
        heardThrough.remove(peer);
    }
}
