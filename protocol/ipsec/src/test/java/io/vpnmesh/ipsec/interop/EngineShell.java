// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.ipsec.esp.EspHeader;
import io.vpnmesh.ipsec.ike.IkeEndpoint;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.ike.IkeLimits;
import io.vpnmesh.ipsec.ike.IkeSettings;
import io.vpnmesh.ipsec.ike.IkeTiming;
import io.vpnmesh.ipsec.ike.LocalIdentity;
import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.ipsec.ike.SpiSource;
import io.vpnmesh.ipsec.message.PayloadType;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The engine with a UDP socket, as a process that lives in a network namespace: commands on standard input, events on
 * standard output, one a line. It is its own host on the overlay: it answers echo requests and sends them.
 *
 * <p>Configuration beyond addresses and nodes: {@code fragment} (bytes of an IKE message that is sent whole),
 * {@code cookies} (half-open SAs above which a cookie is asked for), {@code selectors.local} and {@code selectors.remote}
 * (what we ask for when we start; both empty: childless), {@code retransmit.ms} (the first wait), {@code hybrid} (whether
 * ML-KEM-768 is offered and taken).
 */
public final class EngineShell implements Outbox<IkeEvent> {

    private static final IpAddress OURS = IpAddress.parse("10.77.0.1");
    private static final IpAddress THEIRS = IpAddress.parse("10.77.0.2");

    private final Properties config;
    private final IkeSettings settings;
    private final SpiSource spis;
    private final IkeEndpoint ike;
    private final CertificateVerifier verifier;
    private final Endpoint peer;
    private final Deque<IkeInput> inputs = new ArrayDeque<>();
    private final Map<Integer, ChildSa> inbound = new HashMap<>();
    private final IcmpHost host;
    private final ConcurrentLinkedQueue<String> commands = new ConcurrentLinkedQueue<>();
    private DatagramChannel channel;
    private Endpoint local;
    /** Where the peer is now; a NAT or the peer itself may have moved it. */
    private Endpoint remote;

    private @Nullable ChildSa sending;
    private long session;

    private EngineShell(Path folder) throws Exception {
        config = new Properties();
        config.load(Files.newBufferedReader(folder.resolve("config.properties")));
        local = Endpoint.parse(config.getProperty("local"));
        peer = Endpoint.parse(config.getProperty("peer"));
        remote = peer;
        host = new IcmpHost(OURS);
        verifier = new CertificateVerifier(
                Pem.certificates(Files.readString(folder.resolve("roots.pem"))),
                Pem.certificates(Files.readString(folder.resolve("full-intermediate.pem"))));
        LocalIdentity identity = new LocalIdentity(
                NodeId.parse(config.getProperty("node")),
                Pem.privateKey(Files.readString(folder.resolve("key.pem"))),
                Pem.der(Pem.certificate(Files.readString(folder.resolve("leaf.pem")))),
                List.of(Pem.der(Pem.certificate(Files.readString(folder.resolve("intermediate.pem"))))),
                List.of(Cidr.host(OURS)));
        int fragment = Integer.parseInt(config.getProperty("fragment", "1200"));
        IkeTiming times = IkeTiming.DEFAULT;
        long firstNs = Long.parseLong(config.getProperty("retransmit.ms", "500")) * 1_000_000L;
        settings = IkeSettings.of(identity, System.currentTimeMillis())
                .withTiming(new IkeTiming(
                        firstNs,
                        8 * firstNs,
                        times.retransmissions(),
                        times.ikeLifetimeNs(),
                        times.oldInboundNs(),
                        times.duplicateLingerNs()))
                .withSuite(
                        SuiteName.valueOf(config.getProperty("suite")),
                        Boolean.parseBoolean(config.getProperty("hybrid", "true")))
                .withFragmentBytes(fragment, fragment)
                .withLimits(new IkeLimits(
                        Integer.parseInt(config.getProperty("cookies", "32")), 64, 4, 10_000_000_000L, 16_384, 32));
        SecureRandom random = new SecureRandom();
        spis = new SpiSource() {
            @Override
            public OptionalInt takeInboundSpi() {
                return OptionalInt.of(random.nextInt() | 0x8000_0000);
            }

            @Override
            public void freed(int spi) {}
        };
        ike = new IkeEndpoint(settings, spis, new JdkCrypto(), random);
        channel = open(local);
    }

    private static DatagramChannel open(Endpoint at) throws IOException {
        DatagramChannel opened = DatagramChannel.open();
        opened.bind(new InetSocketAddress(InetAddress.getByName(at.address().toString()), at.port()));
        opened.configureBlocking(false);
        return opened;
    }

    /** Argument: the folder with configuration and keys. */
    public static void main(String[] args) throws Exception {
        new EngineShell(Path.of(args[0])).run();
    }

    private void run() throws IOException {
        Thread reader = new Thread(this::readCommands, "commands");
        reader.setDaemon(true);
        reader.start();
        Selector selector = Selector.open();
        ByteBuffer buffer = ByteBuffer.allocate(65_536);
        say("ready");
        while (true) {
            channel.register(selector, SelectionKey.OP_READ);
            selector.select(20);
            selector.selectedKeys().clear();
            buffer.clear();
            while (channel.receive(buffer) instanceof InetSocketAddress from) {
                Endpoint source = new Endpoint(IpAddress.of(from.getAddress().getAddress()), from.getPort());
                receive(source, Arrays.copyOf(buffer.array(), buffer.position()));
                buffer.clear();
            }
            for (String command = commands.poll(); command != null; command = commands.poll()) {
                if (command.equals("quit")) {
                    return;
                }
                command(command.split(" "));
            }
            if (System.nanoTime() >= ike.nextWakeupNs()) {
                ike.onTimer(System.nanoTime(), this);
            }
            drain();
        }
    }

    private void readCommands() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            in.lines().forEach(commands::add);
        } catch (IOException e) {
            say("stdin " + e);
        }
        commands.add("quit");
    }

    private List<Cidr> selectors(String key, IpAddress host) {
        String value = config.getProperty(key, Cidr.host(host).toString());
        return value.isEmpty() ? List.of() : List.of(Cidr.parse(value));
    }

    /** We leave from another address from now on; or from the same one, and somebody on the way makes another of it. */
    private void move(Endpoint to) throws IOException {
        if (!to.equals(local)) {
            channel.close();
            channel = open(to);
            local = to;
        }
        inputs.add(new IkeInput.MovePeer(session, new PeerRef.Direct(remote), local));
    }

    /** Attempts that begin and never go on, of other engines with our identity. */
    private void leaveHalfOpen(int count) {
        for (int i = 0; i < count; i++) {
            Outbox<IkeEvent> firstMessageOnly = new Outbox<>() {
                @Override
                public void transmit(Datagram datagram) {
                    EngineShell.this.transmit(datagram);
                }

                @Override
                public void event(IkeEvent event) {}
            };
            new IkeEndpoint(settings, spis, new JdkCrypto(), new SecureRandom())
                    .handle(
                            new IkeInput.Connect(
                                    new PeerRef.Direct(peer),
                                    NodeId.parse(config.getProperty("peer.node")),
                                    List.of(Cidr.host(OURS)),
                                    List.of(Cidr.host(THEIRS))),
                            System.nanoTime(),
                            firstMessageOnly);
        }
    }

    private void command(String[] words) throws IOException {
        switch (words[0]) {
            case "connect" ->
                inputs.add(new IkeInput.Connect(
                        new PeerRef.Direct(peer),
                        NodeId.parse(config.getProperty("peer.node")),
                        selectors("selectors.local", OURS),
                        selectors("selectors.remote", THEIRS)));
            case "ping" -> seal(host.echoRequest(THEIRS));
            case "rekey-child" ->
                inputs.add(new IkeInput.RekeyChild(session, sending == null ? 0 : sending.inboundSpi()));
            case "rekey-ike" -> inputs.add(new IkeInput.RekeyIke(session));
            case "live" -> inputs.add(new IkeInput.CheckLiveness(session));
            case "move" -> move(Endpoint.parse(words[1]));
            case "half-open" -> leaveHalfOpen(Integer.parseInt(words[1]));
            case "close" -> inputs.add(new IkeInput.Close(session, "asked"));
            default -> say("unknown command " + words[0]);
        }
        drain();
    }

    private void receive(Endpoint from, byte[] datagram) {
        if (datagram.length < 8) {
            return;
        }
        int first = EspHeader.spi(datagram, 0);
        if (first == 0) {
            byte[] message = Arrays.copyOfRange(datagram, 4, datagram.length);
            tellFragment(message);
            inputs.add(new IkeInput.Received(new PeerRef.Direct(from), local, message));
            drain();
            return;
        }
        ChildSa child = inbound.get(first);
        if (child == null) {
            say("unknown-spi " + Integer.toHexString(first));
            return;
        }
        int length = child.opener().open(datagram, 0, datagram.length);
        if (length < 0) {
            say("verdict " + length);
            return;
        }
        IpView packet = child.opener().inner();
        if (host.isEchoReply(packet, datagram)) {
            say("echo-reply");
        }
        host.answer(packet, datagram).ifPresent(this::seal);
    }

    /** The fields of RFC 7383 section 2.5, before anything is judged. */
    private static void tellFragment(byte[] message) {
        if (message.length > 36 && message[16] == PayloadType.SKF) {
            ByteBuffer fields = ByteBuffer.wrap(message, 32, 4);
            say("fragment " + fields.getShort() + "/" + fields.getShort());
        }
    }

    private void seal(byte[] packet) {
        byte[] buffer = new byte[16 + packet.length + 24];
        System.arraycopy(packet, 0, buffer, 16, packet.length);
        int length = sending == null ? -99 : sending.sealer().seal(buffer, 16, packet.length);
        if (length < 0) {
            say("not-sealed " + length);
            return;
        }
        send(remote, ByteBuffer.wrap(buffer, 0, length));
    }

    private void drain() {
        for (IkeInput input = inputs.poll(); input != null; input = inputs.poll()) {
            ike.handle(input, System.nanoTime(), this);
        }
    }

    @Override
    public void transmit(Datagram datagram) {
        ByteBuffer withMarker = ByteBuffer.allocate(4 + datagram.payload().length);
        withMarker.putInt(0).put(datagram.payload()).flip();
        send(datagram.remote(), withMarker);
    }

    private void send(Endpoint to, ByteBuffer bytes) {
        try {
            channel.send(
                    bytes,
                    new InetSocketAddress(InetAddress.getByAddress(to.address().bytes()), to.port()));
        } catch (IOException e) {
            say("send " + e);
        }
    }

    @Override
    public void event(IkeEvent event) {
        switch (event) {
            case IkeEvent.VerifyPeer verify -> inputs.add(verdict(verify));
            case IkeEvent.Established up -> {
                session = up.session();
                if (up.peer() instanceof PeerRef.Direct direct) {
                    remote = direct.remote();
                }
                say("established " + (up.initiator() ? "initiator " : "responder ") + up.suite());
            }
            case IkeEvent.ChildInstalled installed -> {
                inbound.put(installed.child().inboundSpi(), installed.child());
                say("child-installed " + spis(installed.child()));
            }
            case IkeEvent.SendOn on -> {
                sending = on.child();
                say("send-on " + spis(on.child()));
            }
            case IkeEvent.ChildRemoved removed -> {
                inbound.remove(removed.inboundSpi());
                say("child-removed");
            }
            case IkeEvent.PathKeysChanged _ -> say("ike-rekeyed");
            case IkeEvent.LivenessConfirmed _ -> say("alive");
            case IkeEvent.Closed closed -> say("closed " + closed.reason());
            case IkeEvent.Failed failed -> say("failed " + failed.reason());
            case IkeEvent.PeerMoved moved -> {
                if (moved.peer() instanceof PeerRef.Direct direct) {
                    remote = direct.remote();
                }
                say("peer-moved " + moved.peer());
            }
            case IkeEvent.Redirected redirected -> say("redirected " + redirected.to());
            case IkeEvent.Notified notified -> say("notified " + notified.type());
            case IkeEvent.SendSignalled _ -> say("signalled");
        }
    }

    private static String spis(ChildSa child) {
        return String.format(Locale.ROOT, "in %08x out %08x", child.inboundSpi(), child.outboundSpi());
    }

    private IkeInput verdict(IkeEvent.VerifyPeer verify) {
        // The leaf alone is judged: the intermediate is known, with all its constraints.
        return switch (verifier.verify(verify.certificatesDer().subList(0, 1), Instant.now())) {
            case Verdict.Trusted trusted -> new IkeInput.PeerVerified(verify.ticket(), trusted.identity());
            case Verdict.Refused refused -> new IkeInput.PeerRefused(verify.ticket(), refused.message());
        };
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
