// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.nat.path.PathInput;
import io.vpnmesh.sidecar.data.OverlayPeer;
import io.vpnmesh.sidecar.data.TableHolder;
import io.vpnmesh.transport.MachineDriver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/** All peers: those in the directory as owners of prefixes, those we talk to as sessions. Conductor only. */
final class Peers {

    private static final System.Logger LOG = System.getLogger(Peers.class.getName());

    private static final long SECOND_NS = 1_000_000_000L;
    /** Without packets for so long nobody waits for the tunnel any more. */
    private static final long DEMAND_NS = 30 * SECOND_NS;

    /** An attempt that gave way to the peer's own says nothing more; by then one of both has ended. */
    private static final long ATTEMPT_NS = 30 * SECOND_NS;

    /** A NAT that forgot us is through again after a second; a peer that forgot us stays silent. */
    private static final long UNREACHABLE_NS = 3 * SECOND_NS / 2;

    private static final long FIRST_RETRY_NS = SECOND_NS / 2;
    private static final long LONGEST_RETRY_NS = 8 * SECOND_NS;

    /** What is wanted of a peer that we have no tunnel with. */
    private static final class Wish {
        private long demandedNs;
        private int failures;
        private long connectingUntilNs;
        private boolean resting;
    }

    private final MachineDriver driver;
    private final MeshKnowledge knowledge;
    private final TableHolder tables;
    private final RelayLinks relays;
    private final IkeDesk ike;
    private final BiFunction<OverlayPeer, PeerContext, PeerSession> newSession;
    private final PeerContext context;
    private final Map<NodeId, OverlayPeer> owners = new HashMap<>();
    private final Map<NodeId, PeerSession> sessions = new LinkedHashMap<>();
    private final Map<NodeId, Wish> wishes = new HashMap<>();
    /** The last session with a node, while its last words go out. */
    private final Map<NodeId, PeerSession> parting = new HashMap<>();

    private Map<Cidr, OverlayPeer> routes = Map.of();

    Peers(
            MachineDriver driver,
            MeshKnowledge knowledge,
            TableHolder tables,
            RelayLinks relays,
            IkeDesk ike,
            PeerContext context,
            BiFunction<OverlayPeer, PeerContext, PeerSession> newSession) {
        this.driver = driver;
        this.knowledge = knowledge;
        this.tables = tables;
        this.relays = relays;
        this.ike = ike;
        this.context = context;
        this.newSession = newSession;
    }

    /** The directory changed: who owns what, who is gone, whose generation or homes are new. */
    void refresh() {
        Map<Cidr, OverlayPeer> next = new LinkedHashMap<>();
        Set<NodeId> known = new HashSet<>();
        for (FeedObject.PeerObject object : knowledge.sidecars()) {
            PeerRecord record = object.record();
            known.add(record.node());
            OverlayPeer owner = owners.computeIfAbsent(record.node(), OverlayPeer::new);
            record.addresses().forEach(address -> next.put(Cidr.host(address), owner));
            PeerSession session = sessions.get(record.node());
            if (session != null) {
                session.generationIs(record.generation());
                session.input(new PathInput.RelayPaths(relays.pathsTo(record.homeRelays())));
            }
        }
        if (!next.equals(routes)) {
            routes = next;
            tables.routes(next);
        }
        List.copyOf(sessions.values()).stream()
                .filter(session -> !known.contains(session.node()))
                .forEach(session -> remove(session, "withdrawn"));
        owners.keySet().retainAll(known);
        wishes.keySet().retainAll(known);
        connectWanted();
    }

    private boolean remove(PeerSession session, String why) {
        if (!sessions.remove(session.node(), session)) {
            return false;
        }
        LOG.log(System.Logger.Level.INFO, "event=peer-down peer=" + session.node() + " reason=\"" + why + "\"");
        session.retire(why);
        parting.put(session.node(), session);
        // Its last words still go out and the removal of its SAs still passes through it.
        driver.after(SECOND_NS, () -> {
            session.forget();
            // A session that came and went since has its own second.
            if (parting.remove(session.node(), session) && !sessions.containsKey(session.node())) {
                relays.forgetPeer(session.node());
            }
        });
        context.changed();
        return true;
    }

    void retireAll(String why) {
        List.copyOf(sessions.values()).forEach(session -> remove(session, why));
    }

    Optional<PeerSession> find(NodeId node) {
        return Optional.ofNullable(sessions.get(node));
    }

    Collection<PeerSession> all() {
        return sessions.values();
    }

    /** The session with a peer, made at need; empty for a node that is not in the directory. */
    Optional<PeerSession> session(NodeId node) {
        OverlayPeer owner = owners.get(node);
        return owner == null
                ? Optional.ofNullable(sessions.get(node))
                : Optional.of(sessions.computeIfAbsent(node, _ -> newSession.apply(owner, context)));
    }

    /** Packets for this peer wait. */
    void demand(OverlayPeer peer) {
        if (owners.get(peer.node()) != peer) {
            return;
        }
        wishes.computeIfAbsent(peer.node(), _ -> new Wish()).demandedNs = driver.nowNs();
        connect(peer.node());
    }

    /** Something that attempts may have waited for is there: a relay, an SPI, a record. */
    void connectWanted() {
        long now = driver.nowNs();
        wishes.values().removeIf(wish -> now - wish.demandedNs > DEMAND_NS);
        List.copyOf(wishes.keySet()).forEach(this::connect);
    }

    private void connect(NodeId node) {
        Wish wish = wishes.get(node);
        Optional<PeerRecord> record = knowledge.node(node).map(FeedObject.PeerObject::record);
        if (wish == null || driver.nowNs() < wish.connectingUntilNs || wish.resting || record.isEmpty()) {
            return;
        }
        PeerSession session = session(node).orElse(null);
        if (session == null || session.isUp() || record.get().draining()) {
            return;
        }
        boolean reachable = !relays.pathsTo(record.get().homeRelays()).isEmpty();
        if (!reachable || relays.machine().leases().readyCount() == 0) {
            context.changed(); // the relays of this peer are wanted now
            return;
        }
        wish.connectingUntilNs = driver.nowNs() + ATTEMPT_NS;
        LOG.log(System.Logger.Level.DEBUG, "event=connect peer=" + node);
        ike.input(new IkeInput.Connect(
                new PeerRef.Signalled(node),
                node,
                hosts(knowledge.credentials().identity().addresses()),
                hosts(record.get().addresses())));
    }

    private static List<Cidr> hosts(Collection<IpAddress> addresses) {
        return addresses.stream().map(Cidr::host).toList();
    }

    void up(PeerSession session) {
        wishes.remove(session.node());
    }

    /** An attempt failed or the last session is over: again after a pause, if packets still want it. */
    void ended(PeerSession session, String why) {
        boolean current = remove(session, why);
        Wish wish = wishes.get(session.node());
        if (!current || wish == null || wish.resting) {
            return;
        }
        wish.connectingUntilNs = 0;
        wish.resting = true;
        long pause = Math.min(FIRST_RETRY_NS << Math.min(wish.failures++, 5), LONGEST_RETRY_NS);
        driver.after(pause, () -> {
            wish.resting = false;
            if (driver.nowNs() - wish.demandedNs <= DEMAND_NS) {
                connect(session.node());
            }
        });
    }

    /**
     * No path to a peer answers. It may come back by itself; if it does not, it has lost its state: begin anew, also
     * without a packet that asks for it, because nobody wanted this tunnel to end.
     */
    void unreachable(PeerSession session) {
        driver.after(UNREACHABLE_NS, () -> {
            boolean ourSideWorks = knowledge
                    .node(session.node())
                    .map(node -> !relays.pathsTo(node.record().homeRelays()).isEmpty())
                    .orElse(false);
            if (ourSideWorks && session.path().isEmpty() && remove(session, "no path answers")) {
                demand(session.peer());
            }
        });
    }

    /** Home relays of the peers that we talk to or want to. */
    Set<NodeId> neededRelays() {
        Set<NodeId> needed = new HashSet<>();
        List<NodeId> wanted = new ArrayList<>(wishes.keySet());
        wanted.addAll(sessions.keySet());
        for (NodeId node : wanted) {
            knowledge
                    .node(node)
                    .ifPresent(object -> needed.addAll(object.record().homeRelays()));
        }
        return needed;
    }

    void relaysChanged() {
        for (PeerSession session : sessions.values()) {
            session.input(new PathInput.RelayPaths(context.relayPaths(session.node())));
        }
        connectWanted();
    }

    int known() {
        return owners.size();
    }
}
