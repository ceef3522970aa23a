// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RevocationList;
import io.vpnmesh.ipsec.ike.IkeEndpoint;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.IkeExtensions;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.ike.IkeSettings;
import io.vpnmesh.ipsec.ike.LocalIdentity;
import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.ipsec.ike.SpiSource;
import io.vpnmesh.nat.relay.ForwardingTable;
import io.vpnmesh.nat.relay.RelayEvent;
import io.vpnmesh.nat.relay.RelayInput;
import io.vpnmesh.nat.relay.RelayServer;
import io.vpnmesh.nat.relay.RelaySettings;
import io.vpnmesh.node.control.ControlListener;
import io.vpnmesh.node.control.TrustView;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.relay.client.ClientTable;
import io.vpnmesh.relay.client.Membership;
import io.vpnmesh.relay.client.PeerVerification;
import io.vpnmesh.relay.directory.DirectoryHub;
import io.vpnmesh.relay.directory.RecordListener;
import io.vpnmesh.relay.directory.TlsDoors;
import io.vpnmesh.relay.packet.ControlSide;
import io.vpnmesh.relay.packet.LocalSas;
import io.vpnmesh.relay.packet.RelayCounters;
import io.vpnmesh.relay.packet.RelayLoop;
import io.vpnmesh.transport.MachineDriver;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.UdpSender;
import io.vpnmesh.transport.tls.TlsServer;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalInt;
import javax.net.ssl.SSLContext;

/**
 * A running relay. Three threads: {@code udp-receive} forwards, {@code conductor} owns every machine and table, and Netty's
 * one loop carries TLS; a fourth judges certificates.
 */
public final class Relay implements AutoCloseable, ControlListener {

    /** What a relay is told before it starts. */
    public record Start(
            NodeCredentials credentials,
            long bootEpoch,
            boolean restarted,
            SecretBytes ticketKey,
            Endpoint udp,
            Endpoint tls,
            InstantSource clock,
            SecureRandom random) {}

    private static final System.Logger LOG = System.getLogger(Relay.class.getName());

    private static final String SOFTWARE = "vpnmesh-relay/" + version();
    private static final int MAILBOX = 8192;
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long DIGEST_NS = 30 * SECOND_NS;
    private static final int NONCE_KEY_BYTES = 32;

    /** Longest time between SIGTERM and the end; clients have a second relay and need a moment to turn to it. */
    private static final Duration DRAIN = Duration.ofMillis(1500);

    private final InstantSource clock;
    private final MachineDriver driver = new MachineDriver(MAILBOX);
    private final RelayCounters counters = new RelayCounters();
    private final RelayStatus status = new RelayStatus(counters);
    private final Membership membership = new Membership();
    private final ForwardingTable table = new ForwardingTable();
    private final LocalSas localSas = new LocalSas();
    private final NodeId self;
    private final UdpPort port;
    private final UdpSender sender;
    private final TlsServer tls;
    private final Thread receiver;
    private final RelayServer server;
    private final ClientTable clients;
    private final DirectoryHub hub;
    private final PeerVerification verification;
    private final MachineDriver.Handle<IkeInput, IkeEvent> ike;
    private final MachineDriver.Handle<RelayInput, RelayEvent> relay;
    private volatile TrustView trust;
    private volatile SSLContext tlsContext;
    private volatile boolean feedConnected;
    private boolean closed;

    /** Binds its ports and runs. Errors: IOException that names the port. */
    public Relay(Start start) throws IOException {
        NodeCredentials credentials = start.credentials();
        clock = start.clock();
        self = credentials.identity().node();
        trust = TrustView.of(credentials);
        tlsContext = tlsContext(credentials);
        port = UdpPort.bind(start.udp());
        sender = port.newSender();
        byte[] nonceKey = new byte[NONCE_KEY_BYTES];
        start.random().nextBytes(nonceKey);
        long wallSecondsAtZero = clock.instant().getEpochSecond() - driver.nowNs() / SECOND_NS;
        server = new RelayServer(
                RelaySettings.of(
                        self, start.ticketKey(), SecretBytes.owning(nonceKey), wallSecondsAtZero, start.restarted()),
                table,
                start.random());
        IkeEndpoint endpoint =
                new IkeEndpoint(ikeSettings(start), new OwnSpis(server), new JdkCrypto(start.random()), start.random());
        verification =
                new PeerVerification(() -> trust, membership, clock, input -> driver.post(() -> ikeInput(input)));
        clients = new ClientTable(
                credentials.identity().addresses(),
                server,
                localSas,
                sender,
                this::ikeInput,
                this::relayInput,
                verification::verify);
        hub = new DirectoryHub(credentials.identity().mesh(), SOFTWARE, () -> trust, clock, new Records());
        ike = driver.register(endpoint, clients.ikeSink());
        relay = driver.register(server, clients.relaySink());
        try {
            tls = new TlsServer(start.tls(), () -> tlsContext, TlsDoors.to(hub, driver));
        } catch (IOException e) {
            verification.close();
            sender.close();
            port.close();
            throw e;
        }
        driver.every(DIGEST_NS, hub::exchangeDigests);
        driver.every(SECOND_NS, this::everySecond);
        driver.start("conductor");
        receiver = new Thread(new RelayLoop(port, table, localSas, new ToConductor(), counters), "udp-receive");
        receiver.start();
        status.running(self, port.counters());
        LOG.log(
                System.Logger.Level.INFO,
                "event=relay-running node=" + self + " udp=" + port.local() + " tls=" + tls.port() + " trains="
                        + port.joinsTrains());
    }

    private static String version() {
        String version = Relay.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    private record OwnSpis(RelayServer server) implements SpiSource {
        @Override
        public OptionalInt takeInboundSpi() {
            return OptionalInt.of(server.takeOwnSpi());
        }

        @Override
        public void freed(int spi) {
            server.freeOwnSpi(spi);
        }
    }

    /**
     * A relay that starts again says so to whoever still talks to its former self (RFC 6290), and takes its clients back
     * by the tickets that it or another relay of the mesh gave them, without a signature (RFC 5723).
     */
    private static IkeSettings ikeSettings(Start start) {
        NodeCredentials credentials = start.credentials();
        return IkeSettings.of(localIdentity(credentials), start.bootEpoch())
                .withSuite(credentials.keyPair().suite(), true)
                .withExtensions(IkeExtensions.MESH
                        .withCrashSecretOf(credentials.keyPair().privateKey())
                        .withTicketSecret(start.ticketKey()));
    }

    private static LocalIdentity localIdentity(NodeCredentials credentials) {
        return new LocalIdentity(
                credentials.identity().node(),
                credentials.keyPair().privateKey(),
                Pem.der(credentials.leaf()),
                List.of(Pem.der(credentials.foreignIntermediate())),
                credentials.identity().addresses().stream().map(Cidr::host).toList());
    }

    private SSLContext tlsContext(NodeCredentials credentials) {
        return MeshTls.context(
                credentials.keyPair().privateKey(),
                credentials.tlsChain(),
                () -> trust.verifier(),
                Relay::mayControl,
                clock);
    }

    private static boolean mayControl(NodeIdentity identity) {
        return identity.role() == NodeRole.OPERATOR || identity.role() == NodeRole.RELAY;
    }

    private void ikeInput(IkeInput input) {
        ike.input(input);
    }

    private void relayInput(RelayInput input) {
        relay.input(input);
    }

    /** From the packet thread to the conductor; a full mailbox drops, as a full socket buffer would. */
    private final class ToConductor implements ControlSide {
        @Override
        public void onIke(Endpoint local, Endpoint from, byte[] message) {
            driver.offer(() -> ikeInput(new IkeInput.Received(new PeerRef.Direct(from), local, message)));
        }

        @Override
        public void onStun(Endpoint local, Endpoint from, byte[] message) {
            driver.offer(() -> relayInput(new RelayInput.StunReceived(local, from, message)));
        }

        @Override
        public void onSignal(NodeId from, byte[] datagram) {
            driver.offer(() -> relayInput(new RelayInput.SignalReceived(from, datagram)));
        }

        @Override
        public void onFirstPacket(long session, int inboundSpi) {
            driver.offer(() -> ikeInput(new IkeInput.TrafficSeen(session, inboundSpi)));
        }

        @Override
        public void onUnknownSource(Endpoint local, Endpoint from) {
            driver.offer(() -> relayInput(new RelayInput.UnknownSource(local, from)));
        }
    }

    /** What verified frames say about nodes, wherever they are. */
    private final class Records implements RecordListener {
        @Override
        public void onChain(List<byte[]> chainDer) {
            trust = trust.withShownChain(chainDer, clock.instant());
        }

        @Override
        public void onPresent(PeerRecord peer) {
            present(peer);
        }

        @Override
        public void onGone(PeerRecord peer) {
            gone(peer);
        }

        @Override
        public void onRevoked(RevocationList list) {
            trust = trust.with(list);
            clients.expelUnless(
                    identity -> !identity.cluster().equals(list.cluster())
                            || !list.covers(identity.node(), identity.generation()),
                    "revoked");
        }
    }

    private void present(PeerRecord peer) {
        membership.present(peer);
        clients.expelUnless(
                identity -> !identity.node().equals(peer.node()) || identity.generation() >= peer.generation(),
                "replaced by generation " + peer.generation());
    }

    private void gone(PeerRecord peer) {
        membership.gone(peer);
        clients.expel(peer.node(), "withdrawn");
    }

    @Override
    public void onFeed(FeedEvent event) {
        driver.post(() -> {
            trust = trust.with(event);
            if (event.type() == FeedEvent.Type.BOOKMARK) {
                verification.feedIsComplete();
            }
            switch (event.object()) {
                case FeedObject.PeerObject peer when event.type() == FeedEvent.Type.DELETED -> gone(peer.record());
                case FeedObject.PeerObject peer -> present(peer.record());
                case FeedObject.ClusterObject cluster
                when cluster.revoked() -> {
                    hub.dropRevoked(driver.nowNs());
                    clients.expelUnless(
                            identity -> !identity.cluster().equals(cluster.clusterId()), "its cluster is revoked");
                }
                default -> {}
            }
        });
    }

    @Override
    public void onConnected(boolean connected) {
        feedConnected = connected;
    }

    @Override
    public void onCredentials(NodeCredentials credentials) {
        driver.post(() -> {
            trust = trust.with(credentials);
            tlsContext = tlsContext(credentials);
            ikeInput(new IkeInput.RenewIdentity(localIdentity(credentials)));
        });
    }

    private void everySecond() {
        hub.expireJoins(driver.nowNs());
        status.update(new RelayStatus.Snapshot(
                server.attachedClients(),
                clients.sessionCount(),
                table.size(),
                hub.connectionCount(),
                hub.clusterCount(),
                hub.waitingJoins(),
                clients.undeliverable(),
                driver.dropped(),
                driver.failures(),
                feedConnected));
    }

    /** For the health server. */
    RelayStatus status() {
        return status;
    }

    RelayCounters counters() {
        return counters;
    }

    public int udpPort() {
        return port.local().port();
    }

    public int tlsPort() {
        return tls.port();
    }

    /** Tells the clients to turn to their other relay, goes on forwarding while they do, and returns within 2 seconds. */
    public void drain() throws InterruptedException {
        status.stopping();
        if (status.hasClients()) {
            driver.post(() -> relayInput(new RelayInput.Drain((int) DRAIN.toSeconds(), List.of())));
            Thread.sleep(DRAIN);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        status.stopping();
        port.stopReceiving();
        try {
            receiver.join(1_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tls.close();
        verification.close();
        driver.close();
        if (!receiver.isAlive()) {
            sender.close();
            port.close();
        }
    }
}
