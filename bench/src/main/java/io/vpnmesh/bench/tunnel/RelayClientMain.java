// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;
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
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.LeaseStatus;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.Ticket;
import io.vpnmesh.nat.stun.TransactionRegistry;
import io.vpnmesh.node.Demux;
import io.vpnmesh.node.identity.IdentityFolder;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.node.identity.UnusableCredentialsException;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.MachineDriver;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.UdpSender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A client of our relay that carries no packets: {@code RelayClientMain IDENTITY FEED RELAY PORT SPI} attaches to the
 * relay from the port, leases the SPI, says so in one line, and stays. Another program sends and receives the ESP, from
 * what the relay takes for the same port.
 */
public final class RelayClientMain {

    /** The longest that a relay grants is shorter; a run of the bench is, too. */
    private static final int LEASE_SECONDS = 600;

    private static final int UDP_HEADER_BYTES = 8;

    private final NodeCredentials credentials;
    private final CertificateVerifier verifier;
    private final Endpoint relayEndpoint;
    private final IpAddress relayAddress;
    private final int spi;
    private final UdpPort port;
    private final UdpSender sender;
    private final MachineDriver driver = new MachineDriver(1024);
    private final MachineDriver.Handle<IkeInput, IkeEvent> ike;
    private final MachineDriver.Handle<RelayClientInput, RelayClientEvent> client;
    private @Nullable ChildSa child;

    private RelayClientMain(
            NodeCredentials credentials, PeerRecord relay, Endpoint relayEndpoint, UdpPort port, int spi) {
        this.credentials = credentials;
        this.relayEndpoint = relayEndpoint;
        this.relayAddress = relay.addresses().getFirst();
        this.port = port;
        this.spi = spi;
        sender = port.newSender();
        verifier = new CertificateVerifier(credentials.roots(), List.of(credentials.intermediate()));
        SecureRandom random = new SecureRandom();
        LocalIdentity local = new LocalIdentity(
                credentials.identity().node(),
                credentials.keyPair().privateKey(),
                Pem.der(credentials.leaf()),
                List.of(Pem.der(credentials.foreignIntermediate())),
                hosts(credentials.identity().addresses()));
        ike = driver.register(
                new IkeEndpoint(
                        IkeSettings.of(local, System.currentTimeMillis()),
                        new OwnSpis(random),
                        new JdkCrypto(random),
                        random),
                new IkeSink());
        client = driver.register(
                new RelayClient(relayEndpoint, new TransactionRegistry<String>(random).forOwner("relay"), random),
                new ClientSink());
        driver.post(() -> ike.input(new IkeInput.Connect(
                new PeerRef.Direct(relayEndpoint),
                relay.node(),
                hosts(credentials.identity().addresses()),
                hosts(List.of(relayAddress)))));
    }

    public static void main(String[] arguments) throws IOException, UnusableCredentialsException, MalformedException {
        NodeCredentials credentials = IdentityFolder.read(Path.of(arguments[0]), Instant.now());
        UdpPort port = UdpPort.bind(Integer.parseInt(arguments[3]));
        new RelayClientMain(
                        credentials,
                        relayOf(Path.of(arguments[1])),
                        Endpoint.parse(arguments[2]),
                        port,
                        Integer.parseUnsignedInt(arguments[4], 16))
                .run();
    }

    private static PeerRecord relayOf(Path feed) throws IOException, MalformedException {
        for (String line : Files.readAllLines(feed)) {
            if (FeedCodec.decode(line).object() instanceof FeedObject.PeerObject peer
                    && peer.record().role() == NodeRole.RELAY) {
                return peer.record();
            }
        }
        throw new IOException("no relay in " + feed);
    }

    private static List<Cidr> hosts(List<IpAddress> addresses) {
        return addresses.stream().map(Cidr::host).toList();
    }

    private void run() {
        driver.start("client");
        try (DatagramBatch batch = new DatagramBatch(4)) {
            while (port.receive(batch, -1) != UdpPort.STOPPED) {
                for (int i = 0; i < batch.count(); i++) {
                    for (int at = 0; at < batch.length(i); at += batch.slotLength(i)) {
                        byte[] datagram = batch.bytes(i, at, Math.min(batch.slotLength(i), batch.length(i) - at));
                        Endpoint source = batch.source(i);
                        driver.post(() -> received(source, datagram));
                    }
                }
            }
        }
    }

    private void received(Endpoint source, byte[] datagram) {
        switch (Demux.classify(datagram, 0, datagram.length)) {
            case IKE ->
                ike.input(new IkeInput.Received(
                        new PeerRef.Direct(source),
                        port.local(),
                        Arrays.copyOfRange(datagram, Demux.MARKER_BYTES, datagram.length)));
            case STUN -> client.input(new RelayClientInput.StunReceived(port.local(), source, datagram));
            case ESP -> signalled(datagram);
            case KEEPALIVE, GARBAGE -> {
                // Nobody's.
            }
        }
    }

    private void signalled(byte[] datagram) {
        ChildSa own = child;
        int inner = own == null || EspHeader.spi(datagram, 0) != own.inboundSpi()
                ? -1
                : own.opener().open(datagram, 0, datagram.length);
        if (own != null && inner > 0) {
            int payload = own.opener().inner().l4Offset() + UDP_HEADER_BYTES;
            client.input(new RelayClientInput.SignalReceived(
                    Arrays.copyOfRange(datagram, payload, EspHeader.LENGTH + inner)));
        }
    }

    private void transmit(byte[] payload, int length) {
        sender.send(payload, 0, length, relayEndpoint);
    }

    private void seal(byte[] datagram) {
        ChildSa own = child;
        if (own == null) {
            return; // asked again
        }
        IpAddress from = credentials.identity().addresses().getFirst();
        byte[] packet = UdpPacket.build(from, Signal.PORT, relayAddress, Signal.PORT, datagram);
        byte[] buffer = new byte[packet.length + 64];
        System.arraycopy(packet, 0, buffer, EspHeader.LENGTH, packet.length);
        transmit(buffer, own.sealer().seal(buffer, EspHeader.LENGTH, packet.length));
    }

    /** Of another range than the leased ones, which begin with 0x8000: see {@link Relays}. */
    private record OwnSpis(SecureRandom random) implements SpiSource {

        @Override
        public OptionalInt takeInboundSpi() {
            return OptionalInt.of(random.nextInt() | 0x8080_0000);
        }

        @Override
        public void freed(int spi) {}
    }

    private final class IkeSink implements MachineDriver.Sink<IkeEvent> {

        @Override
        public void onTransmit(Datagram datagram) {
            byte[] marked = new byte[Demux.MARKER_BYTES + datagram.payload().length];
            System.arraycopy(datagram.payload(), 0, marked, Demux.MARKER_BYTES, datagram.payload().length);
            transmit(marked, marked.length);
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
                    client.input(new RelayClientInput.Secured(CheckCredentials.of(
                            up.keys().initiator(),
                            up.keys().responder(),
                            up.initiator(),
                            up.ownPathCheckId(),
                            up.peerPathCheckId())));
                case IkeEvent.ChildInstalled installed -> child = installed.child();
                case IkeEvent.Failed failed -> System.out.println("failed: " + failed.reason());
                case IkeEvent.Closed closed -> System.out.println("closed: " + closed.reason());
                default -> {}
            }
        }
    }

    private final class ClientSink implements MachineDriver.Sink<RelayClientEvent> {

        @Override
        public void onTransmit(Datagram datagram) {
            transmit(datagram.payload(), datagram.payload().length);
        }

        @Override
        public void onEvent(RelayClientEvent event) {
            switch (event) {
                case RelayClientEvent.SendSignal signal -> seal(signal.datagram());
                case RelayClientEvent.Attached _ -> {
                    List<LeaseRequest.Item> wanted = List.of(new LeaseRequest.Item(spi, LEASE_SECONDS, Ticket.NONE));
                    client.input(new RelayClientInput.AskLease(wanted));
                }
                case RelayClientEvent.Leased leased -> {
                    LeaseStatus status = leased.answers().getFirst().status();
                    System.out.println(status == LeaseStatus.GRANTED ? "leased" : "lease: " + status);
                }
                case RelayClientEvent.Down _ -> System.out.println("the relay is silent");
                default -> {}
            }
        }
    }
}
