// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.client;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.ike.PathCheckKeys;
import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.relay.RelayEvent;
import io.vpnmesh.nat.relay.RelayInput;
import io.vpnmesh.nat.relay.RelayServer;
import io.vpnmesh.nat.relay.Route;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.node.Demux;
import io.vpnmesh.relay.packet.LocalSas;
import io.vpnmesh.transport.MachineDriver;
import io.vpnmesh.transport.UdpSender;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Marries the IKE machine and the relay machine: a session makes a client, its Child SA carries the client's signalling,
 * and its proven tuple is where both are sent. Conductor only.
 */
public final class ClientTable {

    private static final System.Logger LOG = System.getLogger(ClientTable.class.getName());

    private static final class Session {
        private final long id;
        private final NodeIdentity identity;
        private final String ownCheckId;
        private final String peerCheckId;
        /** The way of what is sent before the client has proven a tuple. */
        private Route.Forward heardAt;

        private @Nullable ChildSa sendOn;

        private Session(long id, NodeIdentity identity, String ownCheckId, String peerCheckId, Route.Forward heardAt) {
            this.id = id;
            this.identity = identity;
            this.ownCheckId = ownCheckId;
            this.peerCheckId = peerCheckId;
            this.heardAt = heardAt;
        }
    }

    private final List<IpAddress> ownAddresses;
    private final RelayServer server;
    private final LocalSas localSas;
    private final UdpSender sender;
    private final Consumer<IkeInput> ike;
    private final Consumer<RelayInput> relay;
    private final Consumer<IkeEvent.VerifyPeer> verifier;
    private final Map<Long, Session> sessions = new HashMap<>();
    /** The session that signals to a node go through: the newest. */
    private final Map<NodeId, Session> byNode = new HashMap<>();

    private final byte[] scratch = new byte[EspSealer.HEADROOM + 2048 + EspSealer.TAILROOM];
    private long undeliverable;

    /**
     * @param server asked for proven tuples only
     * @param ike takes inputs of the IKE machine
     * @param relay takes inputs of the relay machine
     */
    public ClientTable(
            List<IpAddress> ownAddresses,
            RelayServer server,
            LocalSas localSas,
            UdpSender sender,
            Consumer<IkeInput> ike,
            Consumer<RelayInput> relay,
            Consumer<IkeEvent.VerifyPeer> verifier) {
        this.ownAddresses = List.copyOf(ownAddresses);
        this.server = server;
        this.localSas = localSas;
        this.sender = sender;
        this.ike = ike;
        this.relay = relay;
        this.verifier = verifier;
    }

    /** Takes what the IKE machine puts out. */
    public MachineDriver.Sink<IkeEvent> ikeSink() {
        return new MachineDriver.Sink<>() {
            @Override
            public void onTransmit(Datagram datagram) {
                byte[] marked = new byte[Demux.MARKER_BYTES + datagram.payload().length];
                System.arraycopy(datagram.payload(), 0, marked, Demux.MARKER_BYTES, datagram.payload().length);
                sender.sendFrom(datagram.local(), marked, 0, marked.length, datagram.remote());
            }

            @Override
            public void onEvent(IkeEvent event) {
                ClientTable.this.onIke(event);
            }
        };
    }

    /** Takes what the relay machine puts out. */
    public MachineDriver.Sink<RelayEvent> relaySink() {
        return new MachineDriver.Sink<>() {
            @Override
            public void onTransmit(Datagram datagram) {
                byte[] payload = datagram.payload();
                sender.sendFrom(datagram.local(), payload, 0, payload.length, datagram.remote());
            }

            @Override
            public void onEvent(RelayEvent event) {
                ClientTable.this.onRelay(event);
            }
        };
    }

    private void onIke(IkeEvent event) {
        switch (event) {
            case IkeEvent.VerifyPeer request -> verifier.accept(request);
            case IkeEvent.Established up -> established(up);
            case IkeEvent.ChildInstalled installed -> {
                Session session = sessions.get(installed.session());
                if (session != null) {
                    localSas.add(session.identity.node(), installed.child());
                    if (session.sendOn == null) {
                        session.sendOn = installed.child();
                    }
                }
            }
            case IkeEvent.SendOn on -> {
                Session session = sessions.get(on.session());
                if (session != null) {
                    session.sendOn = on.child();
                }
            }
            case IkeEvent.ChildRemoved removed -> childRemoved(removed);
            case IkeEvent.PathKeysChanged changed -> {
                Session session = sessions.get(changed.session());
                if (session != null) {
                    clientUp(session, changed.keys(), changed.initiator());
                }
            }
            case IkeEvent.PeerMoved moved -> {
                Session session = sessions.get(moved.session());
                if (session != null && moved.peer() instanceof PeerRef.Direct(Endpoint remote)) {
                    session.heardAt = new Route.Forward(moved.local(), remote);
                }
            }
            case IkeEvent.Closed closed -> closed(closed);
            case IkeEvent.Failed failed ->
                LOG.log(
                        System.Logger.Level.INFO,
                        "event=client-refused peer=" + failed.peer() + " reason=\"" + failed.reason() + "\"");
            case IkeEvent.SendSignalled _,
                    IkeEvent.Redirected _,
                    IkeEvent.Notified _,
                    IkeEvent.LivenessConfirmed _ -> {}
        }
    }

    private void established(IkeEvent.Established up) {
        if (!(up.peer() instanceof PeerRef.Direct(Endpoint remote))) {
            ike.accept(new IkeInput.Close(up.session(), "a relay is reached directly"));
            return;
        }
        Route.Forward heardAt = new Route.Forward(up.local(), remote);
        Session session = new Session(up.session(), up.identity(), up.ownPathCheckId(), up.peerPathCheckId(), heardAt);
        sessions.put(session.id, session);
        byNode.put(up.identity().node(), session);
        clientUp(session, up.keys(), up.initiator());
        LOG.log(
                System.Logger.Level.INFO,
                "event=client-up node=" + up.identity().node() + " cluster="
                        + up.identity().cluster() + " suite=" + up.suite());
    }

    private void clientUp(Session session, PathCheckKeys keys, boolean weInitiated) {
        CheckCredentials credentials = CheckCredentials.of(
                keys.initiator(), keys.responder(), weInitiated, session.ownCheckId, session.peerCheckId);
        relay.accept(new RelayInput.ClientUp(session.identity.node(), credentials));
    }

    private void childRemoved(IkeEvent.ChildRemoved removed) {
        ChildSa child = localSas.remove(removed.inboundSpi());
        Session session = sessions.get(removed.session());
        if (session != null && session.sendOn != null && session.sendOn.inboundSpi() == removed.inboundSpi()) {
            session.sendOn = null;
        }
        if (child != null) {
            child.close();
        }
    }

    private void closed(IkeEvent.Closed closed) {
        Session session = sessions.remove(closed.session());
        if (session == null) {
            return;
        }
        NodeId node = session.identity.node();
        relay.accept(new RelayInput.ClientGone(node, session.ownCheckId));
        if (byNode.remove(node, session)) {
            sessions.values().stream()
                    .filter(other -> other.identity.node().equals(node))
                    .findFirst()
                    .ifPresent(other -> byNode.put(node, other));
        }
        LOG.log(System.Logger.Level.INFO, "event=client-gone node=" + node + " reason=\"" + closed.reason() + "\"");
    }

    private void onRelay(RelayEvent event) {
        switch (event) {
            case RelayEvent.SendSignal signal -> send(signal.to(), signal.datagram());
            case RelayEvent.TupleChanged changed -> {
                LOG.log(System.Logger.Level.DEBUG, "event=tuple-changed node=" + changed.client());
                for (Session session : sessionsOf(changed.client())) {
                    session.heardAt = new Route.Forward(changed.local(), changed.tuple());
                    ike.accept(new IkeInput.MovePeer(session.id, new PeerRef.Direct(changed.tuple()), changed.local()));
                }
            }
            case RelayEvent.TupleLost lost ->
                LOG.log(System.Logger.Level.DEBUG, "event=tuple-lost node=" + lost.client());
        }
    }

    private void send(NodeId to, byte[] datagram) {
        Session session = byNode.get(to);
        ChildSa child = session == null ? null : session.sendOn;
        if (session == null || child == null) {
            undeliverable++;
            return;
        }
        byte[] packet = addressed(session.identity, datagram);
        System.arraycopy(packet, 0, scratch, EspSealer.HEADROOM, packet.length);
        int length = child.sealer().seal(scratch, EspSealer.HEADROOM, packet.length);
        if (length < 0) {
            undeliverable++;
            return;
        }
        Route.Forward way = server.routeTo(to).orElse(session.heardAt);
        sender.sendFrom(way.local(), scratch, 0, length, way.target());
    }

    private byte[] addressed(NodeIdentity client, byte[] datagram) {
        for (IpAddress own : ownAddresses) {
            Optional<IpAddress> other = client.addresses().stream()
                    .filter(address -> address.family() == own.family())
                    .findFirst();
            if (other.isPresent()) {
                return UdpPacket.build(own, Signal.PORT, other.get(), Signal.PORT, datagram);
            }
        }
        throw new IllegalStateException("no common address family with " + client.node());
    }

    /** The node must not stay: its record is gone, or its certificate is no longer good. */
    public void expel(NodeId node, String reason) {
        for (Session session : sessionsOf(node)) {
            ike.accept(new IkeInput.Close(session.id, reason));
        }
    }

    /** Everybody whom the predicate no longer admits. */
    public void expelUnless(java.util.function.Predicate<NodeIdentity> admitted, String reason) {
        for (Session session : List.copyOf(sessions.values())) {
            if (!admitted.test(session.identity)) {
                ike.accept(new IkeInput.Close(session.id, reason));
            }
        }
    }

    private List<Session> sessionsOf(NodeId node) {
        List<Session> found = new ArrayList<>();
        for (Session session : sessions.values()) {
            if (session.identity.node().equals(node)) {
                found.add(session);
            }
        }
        return found;
    }

    public int sessionCount() {
        return sessions.size();
    }

    /** Signals that found no SA to travel in. */
    public long undeliverable() {
        return undeliverable;
    }
}
