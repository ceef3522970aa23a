// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.ipsec.ike.IkeEndpoint;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.ike.IkeSettings;
import io.vpnmesh.ipsec.ike.LocalIdentity;
import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.ipsec.ike.SpiSource;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.testkit.MeshAuthority;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One engine with what a shell does for it: judges certificates, keeps the SAs that are up, and nothing of the past. */
final class Host implements Outbox<IkeEvent>, SpiSource {

    static final Instant NOW = Instant.parse("2026-03-01T00:00:00Z");

    private final int number;
    private final Endpoint endpoint;
    private final CertificateVerifier verifier;
    private final Wire wire;
    private final SecureRandom random = new SecureRandom();
    private final IkeEndpoint ike;
    private final Map<Long, IkeEvent.Established> established = new HashMap<>();
    private final Map<Long, ChildSa> sending = new HashMap<>();
    private final Map<Integer, ChildSa> inbound = new HashMap<>();
    private @Nullable Long newest;

    /** Messages under way between hosts of one process, and their clock. */
    static final class Wire {

        private final Map<Endpoint, Host> hosts = new HashMap<>();
        private final Deque<Runnable> queue = new ArrayDeque<>();
        private Consumer<Datagram> nowhere = _ -> {};
        private long nowNs = 1;

        /** Delivers until nothing is under way; meanwhile time stands still. */
        void settle() {
            for (Runnable next = queue.poll(); next != null; next = queue.poll()) {
                next.run();
            }
        }

        void pass(Duration time) {
            nowNs += time.toNanos();
        }

        /** Who gets what is addressed to no host. */
        void nowhere(Consumer<Datagram> listener) {
            nowhere = listener;
        }

        void remove(Host host) {
            hosts.remove(host.endpoint);
        }

        private void put(Host from, Datagram datagram) {
            queue.add(() -> {
                Host to = hosts.get(datagram.remote());
                if (to == null) {
                    nowhere.accept(datagram);
                } else {
                    to.receive(from.endpoint, datagram.payload());
                }
            });
        }
    }

    Host(Wire wire, MeshAuthority mesh, CertificateVerifier verifier, int number, boolean hybrid) {
        this.wire = wire;
        this.verifier = verifier;
        this.number = number;
        endpoint = new Endpoint(IpAddress.v4(10 << 24 | number), 4500);
        MeshAuthority.Member member = mesh.member(number);
        LocalIdentity identity = new LocalIdentity(
                MeshAuthority.node(number),
                member.key(),
                Pem.der(member.leaf()),
                List.of(Pem.der(mesh.foreignIntermediate())),
                List.of(Cidr.host(MeshAuthority.address(number))));
        IkeSettings settings = IkeSettings.of(identity, NOW.toEpochMilli()).withSuite(SuiteName.DEFAULT, hybrid);
        ike = new IkeEndpoint(settings, this, new JdkCrypto(), random);
        wire.hosts.put(endpoint, this);
    }

    Endpoint endpoint() {
        return endpoint;
    }

    void connect(Host to) {
        connect(to.number, to.endpoint);
    }

    void connect(int peer, Endpoint at) {
        tell(new IkeInput.Connect(
                new PeerRef.Direct(at),
                MeshAuthority.node(peer),
                List.of(Cidr.host(MeshAuthority.address(number))),
                List.of(Cidr.host(MeshAuthority.address(peer)))));
    }

    void tell(IkeInput input) {
        ike.handle(input, wire.nowNs, this);
    }

    void onTimer() {
        ike.onTimer(wire.nowNs, this);
    }

    void receive(Endpoint from, byte[] message) {
        tell(new IkeInput.Received(new PeerRef.Direct(from), endpoint, message));
    }

    /** The session that was established last. Errors: IllegalStateException if none is up, or it has no Child SA. */
    long session() {
        if (newest == null || !sending.containsKey(newest)) {
            throw new IllegalStateException("host " + number + " has no Child SA to send on");
        }
        return newest;
    }

    int sessions() {
        return established.size();
    }

    IkeEvent.Established established(long session) {
        return require(established.get(session));
    }

    /** What it sends on. */
    ChildSa sending(long session) {
        return require(sending.get(session));
    }

    ChildSa inbound(int spi) {
        return require(inbound.get(spi));
    }

    private static <T> T require(@Nullable T found) {
        if (found == null) {
            throw new IllegalStateException("the hosts do not agree on their SAs");
        }
        return found;
    }

    boolean isIdle() {
        return established.isEmpty() && inbound.isEmpty();
    }

    @Override
    public OptionalInt takeInboundSpi() {
        return OptionalInt.of(random.nextInt() | 1 << 31);
    }

    @Override
    public void freed(int spi) {
        // random SPIs are not missed
    }

    @Override
    public void transmit(Datagram datagram) {
        wire.put(this, datagram);
    }

    @Override
    public void event(IkeEvent event) {
        switch (event) {
            case IkeEvent.VerifyPeer verify -> wire.queue.add(() -> tell(judge(verify)));
            case IkeEvent.Established up -> {
                established.put(up.session(), up);
                newest = up.session();
            }
            case IkeEvent.ChildInstalled up -> inbound.put(up.child().inboundSpi(), up.child());
            case IkeEvent.SendOn on -> sending.put(on.session(), on.child());
            case IkeEvent.ChildRemoved gone ->
                require(inbound.remove(gone.inboundSpi())).close();
            case IkeEvent.Closed closed -> {
                established.remove(closed.session());
                sending.remove(closed.session());
            }
            case IkeEvent.Failed failed -> throw new IllegalStateException("the handshake failed: " + failed.reason());
            default -> {}
        }
    }

    private IkeInput judge(IkeEvent.VerifyPeer verify) {
        return switch (verifier.verify(verify.certificatesDer(), NOW)) {
            case Verdict.Trusted trusted -> new IkeInput.PeerVerified(verify.ticket(), trusted.identity());
            case Verdict.Refused refused -> new IkeInput.PeerRefused(verify.ticket(), refused.message());
        };
    }
}
