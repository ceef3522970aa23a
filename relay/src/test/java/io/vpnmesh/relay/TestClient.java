// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.ipsec.esp.EspHeader;
import io.vpnmesh.ipsec.ike.IkeEndpoint;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.ike.IkeSettings;
import io.vpnmesh.ipsec.ike.LocalIdentity;
import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.ipsec.ike.SpiSource;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.relay.RelayClient;
import io.vpnmesh.nat.relay.RelayClientEvent;
import io.vpnmesh.nat.relay.RelayClientInput;
import io.vpnmesh.nat.signal.LeaseAnswer;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.LeaseStatus;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalCodec;
import io.vpnmesh.nat.signal.Ticket;
import io.vpnmesh.nat.stun.TransactionRegistry;
import io.vpnmesh.node.Demux;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.MachineDriver;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.UdpSender;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A client of a relay on real sockets: the IKE machine and the relay client, married as a sidecar would. */
final class TestClient implements AutoCloseable {

    /**
     * ESP that is not of the SA with the relay.
     *
     * @param socket the number of the socket that it came to
     * @param source the address that it came from
     */
    record Forwarded(int socket, Endpoint source, byte[] packet) {}

    private static final long WAIT_SECONDS = 10;

    final NodeCredentials credentials;
    final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    /** STUN answers that the relay client has not been shown, while they are held back. */
    final BlockingQueue<RelayClientInput.StunReceived> held = new LinkedBlockingQueue<>();

    /** Whatever came, came from one of these. */
    final Set<Endpoint> sources = ConcurrentHashMap.newKeySet();

    volatile boolean holdStun;
    private final IpAddress relayAddress;
    private final Endpoint relayEndpoint;
    private final NodeId relayNode;
    private final CertificateVerifier verifier;
    private final SecureRandom random = new SecureRandom();
    private final MachineDriver driver = new MachineDriver(1024);
    private final List<UdpPort> ports = new CopyOnWriteArrayList<>();
    private final List<UdpSender> senders = new CopyOnWriteArrayList<>();
    private final List<Thread> receivers = new ArrayList<>();
    private final MachineDriver.Handle<IkeInput, IkeEvent> ike;
    private final MachineDriver.Handle<RelayClientInput, RelayClientEvent> relay;
    private @Nullable ChildSa child;

    TestClient(TestMesh mesh, NodeCredentials credentials, NodeCredentials relayCredentials, int relayPort)
            throws IOException {
        this(mesh, credentials, relayCredentials, Endpoint.parse("127.0.0.1:" + relayPort));
    }

    TestClient(TestMesh mesh, NodeCredentials credentials, NodeCredentials relayCredentials, Endpoint relayEndpoint)
            throws IOException {
        this.credentials = credentials;
        relayAddress = relayCredentials.identity().addresses().getFirst();
        relayNode = relayCredentials.identity().node();
        this.relayEndpoint = relayEndpoint;
        verifier = new CertificateVerifier(List.of(mesh.root), List.of(mesh.full));
        LocalIdentity local = new LocalIdentity(
                credentials.identity().node(),
                credentials.keyPair().privateKey(),
                Pem.der(credentials.leaf()),
                List.of(Pem.der(credentials.foreignIntermediate())),
                credentials.identity().addresses().stream().map(Cidr::host).toList());
        SpiSource spis = new SpiSource() {
            @Override
            public OptionalInt takeInboundSpi() {
                return OptionalInt.of(random.nextInt() | 0x8000_0000);
            }

            @Override
            public void freed(int spi) {}
        };
        ike = driver.register(
                new IkeEndpoint(IkeSettings.of(local, System.currentTimeMillis()), spis, new JdkCrypto(random), random),
                new IkeSink());
        relay = driver.register(
                new RelayClient(relayEndpoint, new TransactionRegistry<String>(random).forOwner("relay"), random),
                new RelaySink());
        openSocket();
        driver.start("client-" + credentials.identity().node().toString().substring(0, 4));
    }

    /** Sends from a new socket from here on, as behind a NAT that was restarted; the old one still receives. */
    void openSocket() throws IOException {
        UdpPort port = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
        int number = ports.size();
        senders.add(port.newSender());
        ports.add(port);
        Thread receiver = new Thread(() -> receive(port, number));
        receivers.add(receiver);
        receiver.start();
    }

    private void receive(UdpPort port, int number) {
        try (DatagramBatch batch = new DatagramBatch(4)) {
            while (port.receive(batch, -1) != UdpPort.STOPPED) {
                for (int i = 0; i < batch.count(); i++) {
                    for (int at = 0; at < batch.length(i); at += batch.slotLength(i)) {
                        byte[] datagram = batch.bytes(i, at, Math.min(batch.slotLength(i), batch.length(i) - at));
                        Endpoint source = batch.source(i);
                        driver.post(() -> received(source, datagram, number));
                    }
                }
            }
        }
    }

    private void received(Endpoint source, byte[] datagram, int socket) {
        sources.add(source);
        switch (Demux.classify(datagram, 0, datagram.length)) {
            case IKE ->
                ike.input(new IkeInput.Received(
                        new PeerRef.Direct(source),
                        ports.get(socket).local(),
                        Arrays.copyOfRange(datagram, Demux.MARKER_BYTES, datagram.length)));
            case STUN -> {
                RelayClientInput.StunReceived input =
                        new RelayClientInput.StunReceived(ports.get(socket).local(), source, datagram);
                if (holdStun) {
                    held.add(input);
                } else {
                    relay.input(input);
                }
            }
            case ESP -> esp(source, datagram, socket);
            case KEEPALIVE, GARBAGE -> events.add("garbage");
        }
    }

    private void esp(Endpoint source, byte[] datagram, int socket) {
        ChildSa own = child;
        if (own == null || EspHeader.spi(datagram, 0) != own.inboundSpi()) {
            events.add(new Forwarded(socket, source, datagram));
            return;
        }
        int inner = own.opener().open(datagram, 0, datagram.length);
        if (inner > 0) {
            int payload = own.opener().inner().l4Offset() + 8;
            relay.input(new RelayClientInput.SignalReceived(
                    Arrays.copyOfRange(datagram, payload, EspHeader.LENGTH + inner)));
        }
    }

    private final class IkeSink implements MachineDriver.Sink<IkeEvent> {
        @Override
        public void onTransmit(Datagram datagram) {
            byte[] marked = new byte[Demux.MARKER_BYTES + datagram.payload().length];
            System.arraycopy(datagram.payload(), 0, marked, Demux.MARKER_BYTES, datagram.payload().length);
            transmit(marked, datagram.remote());
        }

        @Override
        public void onEvent(IkeEvent event) {
            switch (event) {
                case IkeEvent.VerifyPeer verify ->
                    ike.input(
                            switch (verifier.verify(verify.certificatesDer(), Instant.now())) {
                                case Verdict.Trusted trusted ->
                                    new IkeInput.PeerVerified(verify.ticket(), trusted.identity());
                                case Verdict.Refused refused ->
                                    new IkeInput.PeerRefused(verify.ticket(), refused.message());
                            });
                case IkeEvent.Established up ->
                    relay.input(new RelayClientInput.Secured(CheckCredentials.of(
                            up.keys().initiator(),
                            up.keys().responder(),
                            up.initiator(),
                            up.ownPathCheckId(),
                            up.peerPathCheckId())));
                case IkeEvent.ChildInstalled installed -> child = installed.child();
                default -> {}
            }
            events.add(event);
        }
    }

    private final class RelaySink implements MachineDriver.Sink<RelayClientEvent> {
        @Override
        public void onTransmit(Datagram datagram) {
            transmit(datagram.payload(), datagram.remote());
        }

        @Override
        public void onEvent(RelayClientEvent event) {
            if (event instanceof RelayClientEvent.SendSignal signal) {
                sendSignal(signal.datagram());
            } else {
                events.add(event);
            }
        }
    }

    private void transmit(byte[] payload, Endpoint to) {
        senders.getLast().send(payload, 0, payload.length, to);
    }

    private void sendSignal(byte[] datagram) {
        ChildSa own = child;
        if (own == null) {
            throw new AssertionError("no SA with the relay yet");
        }
        byte[] packet = UdpPacket.build(
                credentials.identity().addresses().getFirst(), Signal.PORT, relayAddress, Signal.PORT, datagram);
        byte[] buffer = new byte[packet.length + 64];
        System.arraycopy(packet, 0, buffer, EspHeader.LENGTH, packet.length);
        int length = own.sealer().seal(buffer, EspHeader.LENGTH, packet.length);
        transmit(Arrays.copyOf(buffer, length), relayEndpoint);
    }

    void connect() {
        driver.post(() -> ike.input(new IkeInput.Connect(
                new PeerRef.Direct(relayEndpoint),
                relayNode,
                credentials.identity().addresses().stream().map(Cidr::host).toList(),
                List.of(Cidr.host(relayAddress)))));
    }

    /** Connects and waits until the relay has proven our tuple. */
    Endpoint attach() throws InterruptedException {
        connect();
        return await(RelayClientEvent.Attached.class).reflexive();
    }

    /** Leases one SPI and returns it. */
    int lease() throws InterruptedException {
        int spi = random.nextInt() | 0x8000_0000;
        driver.post(() ->
                relay.input(new RelayClientInput.AskLease(List.of(new LeaseRequest.Item(spi, 600, Ticket.NONE)))));
        LeaseAnswer.Item answer = await(RelayClientEvent.Leased.class).answers().getFirst();
        if (answer.status() != LeaseStatus.GRANTED) {
            throw new AssertionError("lease " + answer.status());
        }
        return spi;
    }

    void signal(int kind, NodeId to, byte[] body) {
        byte[] datagram = SignalCodec.encode(Signal.between(kind, to, body));
        driver.post(() -> sendSignal(datagram));
    }

    void checkNow() {
        driver.post(() -> relay.input(new RelayClientInput.CheckNow()));
    }

    /** Shows the relay client an answer that was held back. */
    void release(RelayClientInput.StunReceived answer) {
        driver.post(() -> relay.input(answer));
    }

    /** Sends bytes to the relay from the current socket. */
    void sendRaw(byte[] packet) {
        driver.post(() -> transmit(packet, relayEndpoint));
    }

    Endpoint currentTuple() {
        return ports.getLast().local();
    }

    <T> T await(Class<T> type) throws InterruptedException {
        long deadline = System.currentTimeMillis() + WAIT_SECONDS * 1000;
        List<Object> seen = new ArrayList<>();
        while (true) {
            Object event = events.poll(Math.max(1, deadline - System.currentTimeMillis()), TimeUnit.MILLISECONDS);
            if (event == null) {
                throw new AssertionError("no " + type.getSimpleName() + " within " + WAIT_SECONDS + " s, but " + seen);
            }
            if (type.isInstance(event)) {
                return type.cast(event);
            }
            seen.add(event);
        }
    }

    @Override
    public void close() throws InterruptedException {
        ports.forEach(UdpPort::stopReceiving);
        for (Thread receiver : receivers) {
            receiver.join(2_000);
        }
        driver.close();
        senders.forEach(UdpSender::close);
        ports.forEach(UdpPort::close);
    }
}
