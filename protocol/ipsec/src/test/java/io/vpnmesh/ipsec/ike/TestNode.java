// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;

/** One engine with its owner: verifies certificates at once, keeps events, routes ESP by SPI. */
final class TestNode implements Outbox<IkeEvent> {

    final int number;
    final IkeEndpoint ike;
    final List<IkeEvent> events = new ArrayList<>();
    final Set<Integer> takenSpis = new HashSet<>();
    final Map<Integer, ChildSa> inbound = new LinkedHashMap<>();
    final Map<Long, ChildSa> sending = new LinkedHashMap<>();
    boolean answersVerify = true;
    int spisLeft = Integer.MAX_VALUE;

    private final TestWire wire;
    private final TestMesh mesh;
    private final Random random;

    TestNode(TestWire wire, TestMesh mesh, int number, IkeSettings settings) {
        this(wire, mesh, number, settings, new JdkCrypto(), new Random(number));
    }

    TestNode(TestWire wire, TestMesh mesh, int number, IkeSettings settings, CryptoProvider crypto, Random random) {
        this.wire = wire;
        this.mesh = mesh;
        this.number = number;
        this.random = random;
        ike = new IkeEndpoint(settings, new Spis(), crypto, random);
    }

    private final class Spis implements SpiSource {
        @Override
        public OptionalInt takeInboundSpi() {
            if (spisLeft-- <= 0) {
                return OptionalInt.empty();
            }
            int spi = random.nextInt() | 0x8000_0000;
            takenSpis.add(spi);
            return OptionalInt.of(spi);
        }

        @Override
        public void freed(int spi) {
            if (!takenSpis.remove(spi)) {
                throw new AssertionError("SPI freed twice: " + spi);
            }
        }
    }

    Endpoint endpoint() {
        return Endpoint.parse("192.0.2." + number + ":4500");
    }

    void handle(IkeInput input) {
        wire.transitions.handle(ike, input, () -> ike.handle(input, wire.nowNs(), this));
    }

    @Override
    public void transmit(Datagram datagram) {
        wire.put(new TestWire.Message(new PeerRef.Direct(endpoint()), datagram.remote(), datagram.payload()));
    }

    @Override
    public void event(IkeEvent event) {
        events.add(event);
        switch (event) {
            case IkeEvent.SendSignalled signalled ->
                wire.put(new TestWire.Message(
                        new PeerRef.Signalled(TestMesh.nodeId(number)),
                        wire.node(signalled.to()).endpoint(),
                        signalled.message()));
            case IkeEvent.VerifyPeer verify -> {
                if (answersVerify) {
                    wire.later(() -> handle(verdict(verify)));
                }
            }
            case IkeEvent.ChildInstalled installed -> {
                inbound.put(installed.child().inboundSpi(), installed.child());
            }
            case IkeEvent.SendOn on -> sending.put(on.session(), on.child());
            case IkeEvent.ChildRemoved removed -> {
                inbound.remove(removed.inboundSpi());
                sending.values().removeIf(c -> c.inboundSpi() == removed.inboundSpi());
            }
            default -> {}
        }
    }

    private IkeInput verdict(IkeEvent.VerifyPeer verify) {
        return switch (mesh.verifier().verify(verify.certificatesDer(), TestMesh.NOW)) {
            case Verdict.Trusted trusted -> new IkeInput.PeerVerified(verify.ticket(), trusted.identity());
            case Verdict.Refused refused -> new IkeInput.PeerRefused(verify.ticket(), refused.message());
        };
    }

    <E extends IkeEvent> List<E> all(Class<E> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    <E extends IkeEvent> E only(Class<E> type) {
        List<E> found = all(type);
        if (found.size() != 1) {
            throw new AssertionError(type.getSimpleName() + " " + found.size() + " times in " + events);
        }
        return found.getFirst();
    }

    <E extends IkeEvent> E last(Class<E> type) {
        List<E> found = all(type);
        if (found.isEmpty()) {
            throw new AssertionError("no " + type.getSimpleName() + " in " + events);
        }
        return found.getLast();
    }

    /** The Child SA that a session sends on. */
    ChildSa sendingOn(long session) {
        ChildSa child = sending.get(session);
        if (child == null) {
            throw new AssertionError("session " + session + " sends on nothing");
        }
        return child;
    }

    /** Sends a UDP packet through the SA in use and says what the peer made of it: a length or a verdict. */
    int sendPacketTo(TestNode peer, ChildSa child) {
        byte[] packet = UdpPacket.build(
                TestMesh.address(number),
                1000,
                TestMesh.address(peer.number),
                2000,
                "hello".getBytes(StandardCharsets.UTF_8));
        byte[] buffer = new byte[16 + packet.length + 24];
        System.arraycopy(packet, 0, buffer, 16, packet.length);
        int length = child.sealer().seal(buffer, 16, packet.length);
        if (length < 0) {
            return length;
        }
        ChildSa receiver = peer.inbound.get(child.outboundSpi());
        if (receiver == null) {
            throw new AssertionError("peer does not know SPI " + Integer.toHexString(child.outboundSpi()));
        }
        return receiver.opener().open(buffer, 0, length);
    }
}
