// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.esp.EspOpener;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import io.vpnmesh.ipsec.sa.SelectorSet;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;

/**
 * Everything in this module that reads bytes from outside, as functions of arbitrary bytes. None of them may throw
 * anything or take long, whatever comes in; what a fuzzer finds is an input of one of them.
 */
final class HostileBytes {

    private static final int SPI = 0x8000_0001;
    private static final int MAX_DELIVERIES = 400;

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final Simulation.Members members = Simulation.Members.of(mesh);

    /** A whole message, as it comes out of the socket. */
    void ikeMessage(byte[] data) {
        try {
            IkeMessageCodec.decode(data, IkeHeader.decode(data));
        } catch (MalformedException _) {
            // the only thing that may be said of it
        }
    }

    /** Payloads behind the integrity check: the type of the first, then all of them. */
    void payloads(byte[] data) {
        if (data.length == 0) {
            return;
        }
        try {
            IkeMessageCodec.encodeInner(IkeMessageCodec.decodeInner(data[0] & 0xFF, data, 1, data.length - 1));
        } catch (MalformedException _) {
            // as above
        }
    }

    /** Fragments in any order: message id, number, total and length in a byte each, then the piece. */
    void fragments(byte[] data) {
        FragmentBudget budget = new FragmentBudget();
        Reassembler reassembler = new Reassembler(2_000, budget);
        ByteBuffer in = ByteBuffer.wrap(data);
        while (in.remaining() >= 4) {
            int id = in.get();
            int number = in.get() & 0xFF;
            int total = in.get() & 0xFF;
            byte[] piece = new byte[Math.min(in.get() & 0xFF, in.remaining())];
            in.get(piece);
            if (number == 0 || number > total) {
                continue; // the message codec lets no other through
            }
            IkePayload.EncryptedFragment fragment = new IkePayload.EncryptedFragment(0, number, total, 0);
            if (reassembler.wants(id, false, fragment)) {
                reassembler.add(id, false, fragment, piece);
            }
        }
        reassembler.clear();
    }

    /** A certificate as a peer shows it. */
    void certificate(byte[] data) {
        mesh.verifier().verify(List.of(data), TestMesh.NOW);
        mesh.verifier().verify(List.of(members.first().leafDer(), data), TestMesh.NOW);
        try {
            var leaf = Pem.certificate(data);
            for (int type : new int[] {
                Identification.FQDN, Identification.IPV4_ADDR, Identification.IPV6_ADDR, Identification.DER_ASN1_DN
            }) {
                CertificateNames.entitles(leaf, new Identification(true, type, new byte[4]));
            }
        } catch (MalformedException _) {
            // as above
        }
    }

    /** A packet for a Child SA whose tag was right. */
    void espPacket(byte[] data) {
        try (SecretBytes key = SecretBytes.owning(new byte[32]);
                SecretBytes salt = SecretBytes.owning(new byte[4])) {
            EspOpener opener = new EspOpener(
                    SPI,
                    new TransparentCrypto(1).aead(AeadAlgorithm.AES_256_GCM, key),
                    salt,
                    true,
                    new SelectorSet(
                            List.of(TrafficSelector.of(Cidr.host(TestMesh.address(2)))),
                            List.of(TrafficSelector.of(Cidr.host(TestMesh.address(1))))),
                    EspOpener.DEFAULT_WINDOW);
            byte[] packet = Arrays.copyOf(data, Math.max(4, data.length));
            ByteBuffer.wrap(packet).putInt(SPI);
            opener.open(packet, 0, packet.length);
            opener.open(packet, 0, packet.length);
        }
    }

    /**
     * Two engines that believe every tag and signature. Each message takes three bytes: what happens to it, where, and
     * with which value; behind the last, messages pass unchanged.
     */
    void session(byte[] data) {
        new Session(data).run();
    }

    private final class Session {

        private final ByteBuffer fate;
        private final Deque<Runnable> queue = new ArrayDeque<>();
        private final Node a = new Node(members.first(), 1);
        private final Node b = new Node(members.second(), 2);
        private long nowNs = 1;

        Session(byte[] data) {
            fate = ByteBuffer.wrap(data);
        }

        private void run() {
            a.handle(new IkeInput.Connect(
                    new PeerRef.Direct(b.endpoint),
                    TestMesh.nodeId(2),
                    List.of(Cidr.host(TestMesh.address(1))),
                    List.of(Cidr.host(TestMesh.address(2)))));
            deliver();
            a.command();
            deliver();
            b.command();
            for (int i = 0; i < 8; i++) {
                nowNs += 4_000_000_000L;
                a.ike.onTimer(nowNs, a);
                b.ike.onTimer(nowNs, b);
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

            Node(LocalIdentity identity, int number) {
                this.number = number;
                endpoint = Endpoint.parse("192.0.2." + number + ":4500");
                Random random = new Random(number);
                SpiSource spis = new SpiSource() {
                    @Override
                    public OptionalInt takeInboundSpi() {
                        return OptionalInt.of(random.nextInt() | 0x8000_0000);
                    }

                    @Override
                    public void freed(int spi) {}
                };
                IkeSettings settings = IkeSettings.of(identity, number).withSuite(SuiteName.DEFAULT, true);
                ike = new IkeEndpoint(settings, spis, new TransparentCrypto(number), random);
            }

            private void handle(IkeInput input) {
                ike.handle(input, nowNs, this);
            }

            private void command() {
                handle(new IkeInput.RekeyChild(session, inboundSpi));
                handle(new IkeInput.RekeyIke(session));
                handle(new IkeInput.CheckLiveness(session));
            }

            @Override
            public void transmit(Datagram datagram) {
                byte[] message = datagram.payload().clone();
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
                Node to = this == a ? b : a;
                byte[] arriving = message;
                for (int i = 0; i < copies; i++) {
                    queue.addLast(() -> to.handle(
                            new IkeInput.Received(new PeerRef.Direct(endpoint), to.endpoint, arriving.clone())));
                }
            }

            @Override
            public void event(IkeEvent event) {
                switch (event) {
                    case IkeEvent.VerifyPeer verify ->
                        queue.addLast(
                                () -> handle(new IkeInput.PeerVerified(verify.ticket(), mesh.identity(3 - number))));
                    case IkeEvent.Established up -> session = up.session();
                    case IkeEvent.ChildInstalled up -> inboundSpi = up.child().inboundSpi();
                    default -> {}
                }
            }
        }
    }
}
