// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.SuiteName;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;

/**
 * A life of two engines that believe every tag and signature, while their messages are changed on the way. The first byte
 * says what kind of peers they are; then each message takes three: what happens to it, where, and with which value. Behind
 * the last, messages pass unchanged.
 */
final class HostileSession {

    /** Bits of the first byte. */
    static final int CLASSIC = 1;

    static final int FOREIGN = 2;
    static final int SECRETS = 4;
    static final int CROSSING = 8;
    static final int SIGNALLED = 16;
    static final int CLOSING = 32;
    static final int RESTARTING = 64;

    private static final int MAX_DELIVERIES = 400;

    private final HostileBytes world;
    private final int kind;
    private final ByteBuffer fate;
    private final Deque<Runnable> queue = new ArrayDeque<>();
    private final List<byte[]> sent = new ArrayList<>();
    private Node a;
    private Node b;
    private long nowNs = 1;

    HostileSession(HostileBytes world, byte[] data) {
        this.world = world;
        kind = data.length == 0 ? 0 : data[0];
        fate = ByteBuffer.wrap(data, Math.min(1, data.length), Math.max(0, data.length - 1));
        a = new Node(1, 1_000);
        b = new Node(2, 1_000);
    }

    private boolean is(int bit) {
        return (kind & bit) != 0;
    }

    /** What the two have sent, before anything happened to it. */
    List<byte[]> sent() {
        return sent;
    }

    void run() {
        a.connect();
        if (is(CROSSING)) {
            b.connect();
        }
        deliver();
        a.command();
        deliver();
        b.command();
        if (is(RESTARTING)) {
            b = new Node(2, 2_000);
        }
        for (int i = 0; i < 8; i++) {
            nowNs += 4_000_000_000L;
            a.ike.onTimer(nowNs, a);
            b.ike.onTimer(nowNs, b);
            deliver();
        }
        if (is(CLOSING)) {
            a.handle(new IkeInput.Close(a.session, "done"));
            deliver();
        }
    }

    private void deliver() {
        for (int i = 0; i < MAX_DELIVERIES && !queue.isEmpty(); i++) {
            queue.removeFirst().run();
        }
        queue.clear();
    }

    private final class Node implements Outbox<IkeEvent> {
        private final IkeEndpoint ike;
        private final Endpoint endpoint;
        private final int number;
        private long session;
        private int inboundSpi;

        Node(int number, long epoch) {
            this.number = number;
            endpoint = endpointOf(number);
            Random random = new Random(number + epoch);
            SpiSource spis = new SpiSource() {
                @Override
                public OptionalInt takeInboundSpi() {
                    return OptionalInt.of(random.nextInt() | 0x8000_0000);
                }

                @Override
                public void freed(int spi) {}
            };
            LocalIdentity identity =
                    number == 1 ? world.members().first() : world.members().second();
            IkeSettings settings = IkeSettings.of(identity, epoch)
                    .withSuite(SuiteName.DEFAULT, !is(CLASSIC))
                    .withExtensions(extensions(number));
            ike = new IkeEndpoint(settings, spis, new TransparentCrypto(number), random);
        }

        private static Endpoint endpointOf(int number) {
            return Endpoint.parse("192.0.2." + number + ":4500");
        }

        private IkeExtensions extensions(int of) {
            IkeExtensions plain = is(FOREIGN) ? IkeExtensions.NONE : IkeExtensions.MESH;
            return is(SECRETS)
                    ? plain.withCrashSecret(SecretBytes.owning(TestMesh.bytes(of)))
                            .withTicketSecret(SecretBytes.owning(TestMesh.bytes(10 + of)))
                            .withResumption()
                    : plain;
        }

        private PeerRef peer() {
            return is(SIGNALLED)
                    ? new PeerRef.Signalled(TestMesh.nodeId(3 - number))
                    : new PeerRef.Direct(endpointOf(3 - number));
        }

        void connect() {
            handle(new IkeInput.Connect(
                    peer(),
                    TestMesh.nodeId(3 - number),
                    List.of(Cidr.host(TestMesh.address(number))),
                    List.of(Cidr.host(TestMesh.address(3 - number)))));
        }

        private void handle(IkeInput input) {
            ike.handle(input, nowNs, this);
        }

        private void command() {
            handle(new IkeInput.RekeyChild(session, inboundSpi));
            handle(new IkeInput.RekeyIke(session));
            handle(new IkeInput.SendNotify(session, 51000, new byte[8]));
            handle(new IkeInput.CheckLiveness(session));
        }

        @Override
        public void transmit(Datagram datagram) {
            onTheWay(datagram.payload(), new PeerRef.Direct(endpoint), endpointOf(3 - number));
        }

        private void onTheWay(byte[] payload, PeerRef from, Endpoint at) {
            sent.add(payload.clone());
            byte[] message = payload.clone();
            int copies = 1;
            if (fate.remaining() >= 3) {
                int what = fate.get() & 0xFF;
                int where = (fate.get() & 0xFF) * 7 % message.length;
                byte value = fate.get();
                switch (what % 6) {
                    case 0 -> copies = 0;
                    case 1 -> copies = 2;
                    case 2 -> message[where] = value;
                    case 3 -> message[where] ^= value;
                    case 4 -> message = Arrays.copyOf(message, where);
                    default -> {}
                }
            }
            byte[] arriving = message;
            for (int i = 0; i < copies; i++) {
                queue.addLast(() -> other().handle(new IkeInput.Received(from, at, arriving.clone())));
            }
        }

        private Node other() {
            return number == 1 ? b : a;
        }

        @Override
        public void event(IkeEvent event) {
            NodeId own = TestMesh.nodeId(number);
            switch (event) {
                case IkeEvent.SendSignalled signalled ->
                    onTheWay(signalled.message(), new PeerRef.Signalled(own), Endpoint.UNSPECIFIED);
                case IkeEvent.VerifyPeer verify ->
                    queue.addLast(() -> handle(new IkeInput.PeerVerified(
                            verify.ticket(), world.mesh().identity(3 - number))));
                case IkeEvent.Established up -> session = up.session();
                case IkeEvent.ChildInstalled up -> inboundSpi = up.child().inboundSpi();
                case IkeEvent.Closed _ -> {
                    if (is(SECRETS)) {
                        queue.addLast(this::connect); // with a ticket, if it has one
                    }
                }
                default -> {}
            }
        }
    }
}
