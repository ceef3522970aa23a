// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.ipsec.esp.EspVerdict;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One engine and a shell as the sidecar's: it wants a session at all times, receives on every Child SA, sends on the last
 * that the engine named, and checks what comes out of the engine as it comes.
 */
final class SimNode implements Outbox<IkeEvent> {

    private static final long MS = 1_000_000L;
    private static final long ASK_AFTER_NS = 3_000 * MS;

    final int number;
    final IkeEndpoint ike;
    final Map<Integer, ChildSa> inbound = new LinkedHashMap<>();
    /** Those that the engine has named to send on, the last one last. */
    private final LinkedHashMap<Integer, ChildSa> named = new LinkedHashMap<>();

    final Set<Integer> takenSpis = new HashSet<>();
    /** Sessions that are up, and the keys of their path checks. */
    final Map<Long, PathCheckKeys> sessions = new LinkedHashMap<>();

    /** The same, as the keys were in the beginning: what both ends know a session by. */
    private final Map<Long, PathCheckKeys> born = new LinkedHashMap<>();

    final List<IkeEvent> events = new ArrayList<>();

    private final SimNetwork network;
    private final Random random;
    private final boolean awaitsPublication;
    /** Whether IKE goes through the relay's signalling, and packets through the relay. */
    private boolean relayed;

    private Endpoint endpoint;
    private final Map<Integer, NodeIdentity> members;
    private final Set<Integer> heardOn = new HashSet<>();
    private final Map<Integer, Long> sessionOf = new LinkedHashMap<>();
    private final Map<Long, PeerRef> whereabouts = new LinkedHashMap<>();
    private @Nullable SimNode peer;
    private @Nullable ChildSa outbound;
    private long lastHeardNs;
    private long lastAskedNs;
    private boolean alive = true;
    private boolean wantsPeer = true;

    /**
     * @param endpoint where it receives, until it {@link #moves}
     * @param members who the certificates of the simulated mesh belong to, by node number
     */
    SimNode(
            SimNetwork network,
            Random random,
            int number,
            Endpoint endpoint,
            IkeSettings settings,
            CryptoProvider crypto,
            Map<Integer, NodeIdentity> members) {
        this.network = network;
        this.random = random;
        this.number = number;
        this.endpoint = endpoint;
        this.members = members;
        awaitsPublication = settings.awaitPublication();
        ike = new IkeEndpoint(settings, new Spis(), crypto, new Random(random.nextLong()));
        lastHeardNs = network.nowNs();
        network.attach(endpoint, this);
        network.attach(SimNetwork.relayed(number), this);
    }

    private final class Spis implements SpiSource {
        @Override
        public OptionalInt takeInboundSpi() {
            int spi = random.nextInt() | 0x8000_0000;
            if (!takenSpis.add(spi)) {
                throw new AssertionError("the simulation gave an SPI twice");
            }
            return OptionalInt.of(spi);
        }

        @Override
        public void freed(int spi) {
            if (!takenSpis.remove(spi)) {
                throw new AssertionError("SPI freed twice: " + Integer.toHexString(spi));
            }
        }
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Meets its peer. */
    void start() {
        connect();
    }

    /** The process is gone, without a word. */
    void kill() {
        alive = false;
        network.detach(this);
    }

    /** From here on sessions begin through the relay. */
    void viaRelay(boolean through) {
        relayed = through;
    }

    /** A NAT on its way gives it another address; it does not learn of that. */
    void isRebound(Endpoint to) {
        network.detach(endpoint);
        endpoint = to;
        network.attach(to, this);
    }

    /** It has another address and knows it; our own peers learn it from the next message, foreign ones by MOBIKE. */
    void moves(Endpoint to) {
        isRebound(to);
        new LinkedHashMap<>(whereabouts).forEach((session, where) -> {
            if (where instanceof PeerRef.Direct) {
                handle(new IkeInput.MovePeer(session, where, to));
                handle(new IkeInput.CheckLiveness(session));
            }
        });
    }

    /** Goes on over the relay, or directly. */
    void changesWay(boolean through) {
        viaRelay(through);
        for (long session : List.copyOf(sessions.keySet())) {
            whereabouts.put(session, wayToPeer());
            handle(new IkeInput.MovePeer(session, wayToPeer(), through ? Endpoint.UNSPECIFIED : endpoint));
        }
    }

    private PeerRef wayToPeer() {
        return relayed ? new PeerRef.Signalled(TestMesh.nodeId(peer().number)) : new PeerRef.Direct(peer().endpoint);
    }

    /** Whether both have the same sessions, neither begins or ends one, and this one knows where its peer is. */
    boolean isSettled() {
        return !sessions.isEmpty()
                && List.copyOf(born.values()).equals(List.copyOf(peer().born.values()))
                && ike.owners().stream()
                        .noneMatch(owner ->
                                owner instanceof InitiatorHandshake || owner.state() == IkeSession.State.CLOSING)
                && whereabouts.values().stream()
                        .allMatch(where -> !(where instanceof PeerRef.Direct direct)
                                || direct.remote().equals(peer().endpoint));
    }

    /** Sessions may come and go from here on. */
    void needsNothing() {
        wantsPeer = false;
    }

    /** Whom it wants to meet; again when that one's process has been started anew. */
    void peerIs(SimNode other) {
        peer = other;
    }

    private SimNode peer() {
        SimNode other = peer;
        if (other == null) {
            throw new IllegalStateException("not started");
        }
        return other;
    }

    void handle(IkeInput input) {
        if (alive) {
            network.transitions().handle(ike, input, () -> ike.handle(input, network.nowNs(), this));
        }
    }

    private void later(long afterNs, Runnable action) {
        network.later(afterNs, () -> {
            if (alive) {
                action.run();
            }
        });
    }

    private void connect() {
        if (sessions.isEmpty() && wantsPeer) {
            handle(new IkeInput.Connect(
                    wayToPeer(),
                    TestMesh.nodeId(peer().number),
                    List.of(Cidr.host(TestMesh.address(number))),
                    List.of(Cidr.host(TestMesh.address(peer().number)))));
        }
    }

    @Override
    public void transmit(Datagram datagram) {
        network.send(new SimNetwork.Message(new PeerRef.Direct(endpoint), datagram.remote(), datagram.payload()));
    }

    @Override
    public void event(IkeEvent event) {
        if (!(event instanceof IkeEvent.SendSignalled)) {
            events.add(event); // the other is a message
        }
        switch (event) {
            case IkeEvent.VerifyPeer verify ->
                later(
                        random.nextInt(60) * MS,
                        () -> handle(new IkeInput.PeerVerified(
                                verify.ticket(), Objects.requireNonNull(members.get(peer().number)))));
            case IkeEvent.SendSignalled signalled ->
                network.send(new SimNetwork.Message(
                        new PeerRef.Signalled(TestMesh.nodeId(number)),
                        SimNetwork.relayed(peer().number),
                        signalled.message()));
            case IkeEvent.Established up -> {
                sessions.put(up.session(), up.keys());
                born.put(up.session(), up.keys());
                whereabouts.put(up.session(), up.peer());
            }
            case IkeEvent.PeerMoved moved -> whereabouts.put(moved.session(), moved.peer());
            case IkeEvent.PathKeysChanged changed -> sessions.put(changed.session(), changed.keys());
            case IkeEvent.ChildInstalled installed -> onInstalled(installed);
            case IkeEvent.SendOn on -> {
                if (!inbound.containsKey(on.child().inboundSpi())) {
                    throw new AssertionError("sends on a Child SA that is not installed");
                }
                named.putLast(on.child().inboundSpi(), on.child());
                outbound = on.child();
            }
            case IkeEvent.ChildRemoved removed -> onRemoved(removed);
            case IkeEvent.Closed closed -> onClosed(closed);
            case IkeEvent.Failed _ -> later((100 + random.nextInt(200)) * MS, this::connect);
            default -> {}
        }
    }

    private void onInstalled(IkeEvent.ChildInstalled installed) {
        ChildSa child = installed.child();
        if (!takenSpis.contains(child.inboundSpi()) || inbound.put(child.inboundSpi(), child) != null) {
            throw new AssertionError("a Child SA on an SPI that is not its own");
        }
        sessionOf.put(child.inboundSpi(), installed.session());
        if (awaitsPublication) {
            later(
                    random.nextInt(20) * MS,
                    () -> handle(new IkeInput.ChildPublished(installed.session(), child.inboundSpi())));
        }
    }

    private void onRemoved(IkeEvent.ChildRemoved removed) {
        ChildSa child = inbound.remove(removed.inboundSpi());
        if (child == null || child.outboundSpi() != removed.outboundSpi()) {
            throw new AssertionError("a Child SA was removed that was not there");
        }
        sessionOf.remove(removed.inboundSpi());
        named.remove(removed.inboundSpi());
        ChildSa sending = outbound;
        if (sending != null && sending.inboundSpi() == removed.inboundSpi()) {
            outbound = null;
            named.values().forEach(left -> outbound = left);
        }
    }

    private void onClosed(IkeEvent.Closed closed) {
        if (sessions.remove(closed.session()) == null) {
            throw new AssertionError("a session was closed that was not up");
        }
        whereabouts.remove(closed.session());
        born.remove(closed.session());
        if (sessionOf.containsValue(closed.session())) {
            throw new AssertionError("a session left Child SAs behind");
        }
        later((50 + random.nextInt(200)) * MS, this::connect);
    }

    @Nullable
    ChildSa outbound() {
        return outbound;
    }

    // --- packets -------------------------------------------------------------------------------------------------

    /** How long nothing has come from the peer. */
    long silenceNs() {
        return network.nowNs() - lastHeardNs;
    }

    /** Counts silence from here. */
    void heardNow() {
        lastHeardNs = network.nowNs();
    }

    /** The inbound SPI of the Child SA that came last; 0 without any. */
    int newestInbound() {
        return inbound.keySet().stream().reduce(0, (_, later) -> later);
    }

    /** After some seconds without a packet it asks whether the peer is well, which tells that one where we are. */
    private void askAfterSilence() {
        long now = network.nowNs();
        if (now - Math.max(lastHeardNs, lastAskedNs) >= ASK_AFTER_NS) {
            lastAskedNs = now;
            List.copyOf(sessions.keySet()).forEach(session -> handle(new IkeInput.CheckLiveness(session)));
        }
    }

    /** Sends one packet on its way, if there is an SA for it. */
    void sendPacket() {
        askAfterSilence();
        ChildSa child = outbound;
        if (child == null || !alive) {
            return;
        }
        byte[] packet = UdpPacket.build(
                TestMesh.address(number), 1000, TestMesh.address(peer().number), 2000, new byte[] {1, 2, 3, 4, 5});
        byte[] buffer = new byte[16 + packet.length + 24];
        System.arraycopy(packet, 0, buffer, 16, packet.length);
        int length = child.sealer().seal(buffer, 16, packet.length);
        if (length < 0) {
            throw new AssertionError("cannot seal: " + EspVerdict.name(length));
        }
        PeerRef where = whereabouts.get(Objects.requireNonNull(sessionOf.get(child.inboundSpi())));
        Endpoint to = where instanceof PeerRef.Direct direct ? direct.remote() : SimNetwork.relayed(peer().number);
        network.sendPacket(to, buffer, length);
    }

    void receivePacket(byte[] buffer, int length) {
        if (!alive) {
            return;
        }
        int spi = ByteBuffer.wrap(buffer).getInt();
        ChildSa child = inbound.get(spi);
        if (child == null) {
            handle(new IkeInput.UnknownSpi(wayToPeer(), relayed ? Endpoint.UNSPECIFIED : endpoint, spi));
            return;
        }
        int verdict = child.opener().open(buffer, 0, length);
        if (verdict < 0) {
            throw new AssertionError("both sides know the SPI, and disagree: " + EspVerdict.name(verdict));
        }
        lastHeardNs = network.nowNs();
        if (heardOn.add(spi)) {
            handle(new IkeInput.TrafficSeen(Objects.requireNonNull(sessionOf.get(spi)), spi));
        }
    }
}
