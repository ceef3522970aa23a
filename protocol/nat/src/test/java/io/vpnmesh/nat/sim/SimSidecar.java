// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.sim;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.observe.NatObserver;
import io.vpnmesh.nat.observe.NatType;
import io.vpnmesh.nat.observe.ObserverEvent;
import io.vpnmesh.nat.observe.ObserverInput;
import io.vpnmesh.nat.path.CandidateBook;
import io.vpnmesh.nat.path.CandidateList;
import io.vpnmesh.nat.path.Path;
import io.vpnmesh.nat.path.PathAgent;
import io.vpnmesh.nat.path.PathEvent;
import io.vpnmesh.nat.path.PathInput;
import io.vpnmesh.nat.path.PathSettings;
import io.vpnmesh.nat.path.Reason;
import io.vpnmesh.nat.relay.AttachmentEvent;
import io.vpnmesh.nat.relay.AttachmentInput;
import io.vpnmesh.nat.relay.RelayAttachments;
import io.vpnmesh.nat.relay.RelayClientEvent;
import io.vpnmesh.nat.relay.RelayClientInput;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalCodec;
import io.vpnmesh.nat.signal.SignalKind;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionRegistry;
import io.vpnmesh.testkit.SimHost;
import io.vpnmesh.testkit.SimWorld;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A sidecar shell with one peer: all machines of the module on one simulated socket. */
public final class SimSidecar {

    static final int PORT = 4500;
    private static final long POLL_NS = 50_000_000L;
    private static final int IKE_SENDS = 8;
    private static final long IKE_RETRY_NS = 200_000_000L;

    /** What happened to the path, in order. */
    public record Selected(long atNs, Path path, Reason reason) {}

    private enum Owner {
        OBSERVER,
        RELAYS,
        AGENT
    }

    public final NodeId node;
    public final List<Selected> selected = new ArrayList<>();
    public final List<Long> receivedNs = new ArrayList<>();
    public final Set<Long> receivedNumbers = new HashSet<>();
    public long sent;
    public boolean doubled;

    private final SimWorld world;
    private final SimHost host;
    private final TransactionRegistry<Owner> registry;
    final NatObserver observer;
    public final RelayAttachments relays;
    public final PathAgent agent;
    private final CandidateBook book = new CandidateBook(1_000);
    private final Map<NodeId, SimRelay> attachedTo = new HashMap<>();
    private final Map<Path, long[]> counters = new HashMap<>();
    private List<NodeId> peerHomes = List.of();
    private @Nullable SimSidecar peer;
    private @Nullable Path path;
    private @Nullable Path warm;
    int spi;

    private final Outbox<ObserverEvent> fromObserver = outbox(this::observed);
    private final Outbox<AttachmentEvent> fromRelays = outbox(this::attachment);
    private final Outbox<PathEvent> fromAgent = outbox(this::path);

    public SimSidecar(SimWorld world, SimHost host, long number) {
        this.world = world;
        this.host = host;
        this.node = new NodeId(0xAAAA, number);
        registry = new TransactionRegistry<>(world.random());
        observer = new NatObserver(registry.forOwner(Owner.OBSERVER), world.random());
        relays = new RelayAttachments(registry.forOwner(Owner.RELAYS), world.random());
        agent = new PathAgent(PathSettings.DEFAULT, registry.forOwner(Owner.AGENT), world.random());
        host.bind(PORT, this::receive);
        world.drive(observer, fromObserver);
        world.drive(relays, fromRelays);
        world.drive(agent, fromAgent);
        world.every(POLL_NS, this::tellTraffic);
        observer.handle(
                new ObserverInput.LocalEndpoint(new Endpoint(host.address(), PORT)), world.nowNs(), fromObserver);
        observer.handle(new ObserverInput.Busy(true), world.nowNs(), fromObserver);
    }

    public void observers(List<Endpoint> outside) {
        observer.handle(
                new ObserverInput.Observers(outside.stream()
                        .map(endpoint -> new ObserverInput.Observer(endpoint, true))
                        .toList()),
                world.nowNs(),
                fromObserver);
    }

    /** Attaches (again), with an IKE SA that appears by magic. */
    public void attach(SimRelay relay, boolean home) {
        attachedTo.put(relay.node, relay);
        int localSpi = relays.leases().takeLocalSpi();
        SecretBytes[] keys = keys();
        String ours = name(node, relay.node);
        String theirs = name(relay.node, node);
        relay.accept(
                node,
                new Endpoint(host.address(), PORT),
                localSpi,
                CheckCredentials.of(keys[0], keys[1], false, theirs, ours));
        toRelays(new AttachmentInput.Attach(relay.node, relay.endpoint, home));
        toRelays(new AttachmentInput.ToRelay(
                relay.node, new RelayClientInput.Secured(CheckCredentials.of(keys[0], keys[1], true, ours, theirs))));
    }

    /** Both ends get the keys of an IKE SA and each other's inbound SPI; B that much later, as a responder does. */
    public static void connect(SimSidecar a, SimSidecar b, List<NodeId> homes, long laterNs) {
        SecretBytes[] keys = a.keys();
        a.spi = a.relays.leases().takeInboundSpi().orElseThrow();
        b.spi = b.relays.leases().takeInboundSpi().orElseThrow();
        String idA = name(a.node, b.node);
        String idB = name(b.node, a.node);
        a.join(b, homes, CheckCredentials.of(keys[0], keys[1], true, idA, idB));
        a.world.after(laterNs, () -> b.join(a, homes, CheckCredentials.of(keys[0], keys[1], false, idB, idA)));
    }

    private void join(SimSidecar other, List<NodeId> homes, CheckCredentials credentials) {
        peer = other;
        peerHomes = homes;
        tellRelays();
        tellCandidates();
        toAgent(new PathInput.Keys(credentials));
    }

    public Optional<Path> path() {
        return Optional.ofNullable(path);
    }

    public Reason reason() {
        return agent.status().reason();
    }

    public NatType natType() {
        return observer.type();
    }

    public boolean isDirect() {
        return path instanceof Path.Direct;
    }

    /** One packet to the peer every {@code periodNs}. */
    public void talk(long periodNs) {
        world.every(periodNs, () -> {
            if (path != null) {
                sendData(path);
                if (warm != null) {
                    doubled = true;
                    sendFrame(warm, SimFrame.DATA, SimData.encode(sent));
                }
                sent++;
            }
        });
    }

    private void sendData(Path over) {
        sendFrame(over, SimFrame.DATA, SimData.encode(sent));
        counters.computeIfAbsent(over, _ -> new long[2])[0]++;
    }

    private void sendFrame(Path over, int type, byte[] body) {
        byte[] packet = new SimFrame(peer == null ? 0 : peer.spi, type, node, body).encode();
        switch (over) {
            case Path.Direct direct -> host.send(PORT, direct.remote(), packet);
            case Path.Relayed relayed -> host.send(PORT, relay(relayed.relay()).endpoint, packet);
        }
    }

    private void receive(Endpoint local, Endpoint remote, byte[] payload) {
        if (payload.length == 1) {
            return;
        }
        if (StunCodec.looksLikeStun(payload, 0, payload.length)) {
            stun(local, remote, payload);
            return;
        }
        SimFrame frame = SimFrame.decode(payload);
        if (frame.type() == SimFrame.SIGNAL) {
            toRelays(new AttachmentInput.ToRelay(frame.from(), new RelayClientInput.SignalReceived(frame.body())));
            return;
        }
        if (frame.spi() != spi) {
            return;
        }
        NodeId relay = relayAt(remote);
        count(relay, remote);
        if (frame.type() == SimFrame.PROBE) {
            NodeId through = relay != null ? relay : peerHomes.getFirst();
            toAgent(new PathInput.InnerProbeReceived(through, frame.body()));
        } else if (receivedNumbers.add(SimData.decode(frame.body()))) {
            receivedNs.add(world.nowNs());
        }
    }

    private void count(@Nullable NodeId relay, Endpoint remote) {
        Path key = new Path.Direct(Endpoint.UNSPECIFIED, remote);
        if (relay != null) {
            key = path instanceof Path.Relayed current ? current : new Path.Relayed(relay);
        }
        counters.computeIfAbsent(key, _ -> new long[2])[1]++;
    }

    private void stun(Endpoint local, Endpoint remote, byte[] payload) {
        StunMessage message;
        try {
            message = StunCodec.decode(payload);
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
        if (message.isRequest()) {
            toAgent(new PathInput.StunReceived(Endpoint.UNSPECIFIED, remote, payload));
            return;
        }
        switch (registry.ownerOf(message.transactionId()).orElse(Owner.RELAYS)) {
            case OBSERVER ->
                observer.handle(new ObserverInput.StunReceived(local, remote, payload), world.nowNs(), fromObserver);
            case RELAYS -> toRelays(new AttachmentInput.StunReceived(local, remote, payload));
            case AGENT -> toAgent(new PathInput.StunReceived(Endpoint.UNSPECIFIED, remote, payload));
        }
    }

    private void observed(ObserverEvent event) {
        if (event instanceof ObserverEvent.ReflexiveChanged changed) {
            book.reflexive(changed.candidates());
            tellCandidates();
        }
    }

    private void tellCandidates() {
        toAgent(new PathInput.LocalCandidates(book.current(), observer.type(), new UUID(1, node.low())));
    }

    private void attachment(AttachmentEvent event) {
        if (!(event instanceof AttachmentEvent.FromRelay(NodeId relay, RelayClientEvent what))) {
            return;
        }
        switch (what) {
            case RelayClientEvent.SendSignal signal -> {
                SimRelay to = relay(relay);
                byte[] packet = new SimFrame(to.spi, SimFrame.SIGNAL, node, signal.datagram()).encode();
                host.send(PORT, to.endpoint, packet);
            }
            case RelayClientEvent.PeerSignal signal -> peerSignal(signal.signal());
            case RelayClientEvent.Attached _, RelayClientEvent.Down _ -> tellRelays();
            default -> {}
        }
    }

    private void peerSignal(Signal signal) {
        if (signal.kind() != SignalKind.IKE) {
            toAgent(new PathInput.PeerSignal(signal.kind(), signal.body()));
            return;
        }
        try {
            toAgent(new PathInput.RemoteCandidates(CandidateList.decode(signal.body())));
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    private void tellRelays() {
        toAgent(new PathInput.RelayPaths(
                peerHomes.stream().filter(relays.attached()::contains).toList()));
    }

    private void path(PathEvent event) {
        switch (event) {
            case PathEvent.SendInnerProbe probe -> sendFrame(probe.path(), SimFrame.PROBE, probe.message());
            case PathEvent.SendCandidates candidates -> reliably(candidates.body(), IKE_SENDS);
            case PathEvent.SendSignal signal -> signal(signal.kind(), signal.body());
            case PathEvent.Prime prime -> host.send(PORT, prime.remote(), prime.ttl(), prime.payload());
            case PathEvent.PathSelected chosen -> {
                path = chosen.path();
                selected.add(new Selected(world.nowNs(), chosen.path(), chosen.reason()));
            }
            case PathEvent.Duplicate duplicate -> warm = duplicate.on() ? duplicate.warm() : null;
            case PathEvent.PeerUnreachable _ -> path = null;
        }
    }

    /** As an INFORMATIONAL exchange would repeat it. */
    private void reliably(byte[] candidates, int sends) {
        signal(SignalKind.IKE, candidates);
        if (sends > 1) {
            world.after(IKE_RETRY_NS, () -> reliably(candidates, sends - 1));
        }
    }

    /** Signalling to the peer goes over the first relay that both are attached to. */
    private void signal(int kind, byte[] body) {
        for (NodeId home : peerHomes) {
            if (peer != null && relays.attached().contains(home)) {
                SimRelay to = relay(home);
                byte[] datagram = SignalCodec.encode(Signal.between(kind, peer.node, body));
                host.send(PORT, to.endpoint, new SimFrame(to.spi, SimFrame.SIGNAL, node, datagram).encode());
                return;
            }
        }
    }

    private void tellTraffic() {
        counters.forEach((over, counts) -> {
            toAgent(new PathInput.TrafficSeen(over, counts[0], counts[1]));
            if (over instanceof Path.Relayed relayed) {
                toRelays(new AttachmentInput.ToRelay(
                        relayed.relay(), new RelayClientInput.TrafficSeen(counts[0], counts[1])));
            }
        });
    }

    private SimRelay relay(NodeId id) {
        return Objects.requireNonNull(attachedTo.get(id), "not attached");
    }

    private @Nullable NodeId relayAt(Endpoint remote) {
        return attachedTo.values().stream()
                .filter(relay -> relay.endpoint.equals(remote))
                .map(relay -> relay.node)
                .findFirst()
                .orElse(null);
    }

    private void toRelays(AttachmentInput input) {
        relays.handle(input, world.nowNs(), fromRelays);
    }

    private void toAgent(PathInput input) {
        agent.handle(input, world.nowNs(), fromAgent);
    }

    private SecretBytes[] keys() {
        SecretBytes[] keys = new SecretBytes[2];
        for (int i = 0; i < 2; i++) {
            byte[] bytes = new byte[32];
            world.random().nextBytes(bytes);
            keys[i] = SecretBytes.owning(bytes);
        }
        return keys;
    }

    private static String name(NodeId chosenBy, NodeId other) {
        return "%08x%08x".formatted((int) (chosenBy.low() ^ chosenBy.high() << 16), (int) other.low());
    }

    private <E> Outbox<E> outbox(Consumer<E> events) {
        return new Outbox<>() {
            @Override
            public void transmit(Datagram datagram) {
                host.send(PORT, datagram.remote(), datagram.payload());
            }

            @Override
            public void event(E event) {
                // After the machine has returned: an outbox never calls back into it.
                world.after(0, () -> events.accept(event));
            }
        };
    }
}
