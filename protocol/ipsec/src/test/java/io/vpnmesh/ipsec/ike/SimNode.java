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

    final int number;
    final IkeEndpoint ike;
    final Map<Integer, ChildSa> inbound = new LinkedHashMap<>();
    final Set<Integer> takenSpis = new HashSet<>();
    /** Sessions that are up, and the keys of their path checks. */
    final Map<Long, PathCheckKeys> sessions = new LinkedHashMap<>();

    final List<IkeEvent> events = new ArrayList<>();

    private final SimNetwork network;
    private final Random random;
    private final boolean awaitsPublication;
    private final Map<Integer, NodeIdentity> members;
    private final Set<Integer> heardOn = new HashSet<>();
    private final Map<Integer, Long> sessionOf = new LinkedHashMap<>();
    private @Nullable SimNode peer;
    private @Nullable ChildSa outbound;
    private long lastHeardNs;
    private boolean alive = true;
    private boolean wantsPeer = true;

    /** @param members who the certificates of the simulated mesh belong to, by node number */
    SimNode(
            SimNetwork network,
            Random random,
            int number,
            IkeSettings settings,
            CryptoProvider crypto,
            Map<Integer, NodeIdentity> members) {
        this.network = network;
        this.random = random;
        this.number = number;
        this.members = members;
        awaitsPublication = settings.awaitPublication();
        ike = new IkeEndpoint(settings, new Spis(), crypto, new Random(random.nextLong()));
        lastHeardNs = network.nowNs();
        network.attach(this);
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
        return Endpoint.parse("192.0.2." + number + ":4500");
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
            ike.handle(input, network.nowNs(), this);
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
                    new PeerRef.Direct(peer().endpoint()),
                    TestMesh.nodeId(peer().number),
                    List.of(Cidr.host(TestMesh.address(number))),
                    List.of(Cidr.host(TestMesh.address(peer().number)))));
        }
    }

    @Override
    public void transmit(Datagram datagram) {
        network.send(new SimNetwork.Message(endpoint(), datagram.remote(), datagram.payload()));
    }

    @Override
    public void event(IkeEvent event) {
        events.add(event);
        switch (event) {
            case IkeEvent.VerifyPeer verify ->
                later(
                        random.nextInt(60) * MS,
                        () -> handle(new IkeInput.PeerVerified(
                                verify.ticket(), Objects.requireNonNull(members.get(peer().number)))));
            case IkeEvent.Established up -> sessions.put(up.session(), up.keys());
            case IkeEvent.PathKeysChanged changed -> sessions.put(changed.session(), changed.keys());
            case IkeEvent.ChildInstalled installed -> onInstalled(installed);
            case IkeEvent.SendOn on -> {
                if (!inbound.containsKey(on.child().inboundSpi())) {
                    throw new AssertionError("sends on a Child SA that is not installed");
                }
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
        ChildSa sending = outbound;
        if (sending != null && sending.inboundSpi() == removed.inboundSpi()) {
            outbound = null;
            inbound.values().forEach(left -> outbound = left);
        }
    }

    private void onClosed(IkeEvent.Closed closed) {
        if (sessions.remove(closed.session()) == null) {
            throw new AssertionError("a session was closed that was not up");
        }
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

    /** Sends one packet on its way, if there is an SA for it. */
    void sendPacket() {
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
        network.later(network.delayNs(), () -> peer().receivePacket(buffer, length));
    }

    private void receivePacket(byte[] buffer, int length) {
        if (!alive) {
            return;
        }
        int spi = ByteBuffer.wrap(buffer).getInt();
        ChildSa child = inbound.get(spi);
        if (child == null) {
            handle(new IkeInput.UnknownSpi(new PeerRef.Direct(peer().endpoint()), endpoint(), spi));
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
