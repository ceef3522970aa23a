// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.TimerTable;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.ipsec.sa.SaLifetime;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One life of two nodes that want to reach each other, directly or through a relay: a rough network, rekeys of both kinds
 * from both sides, deletes, restarts, NATs that give another address, moves, and changes from one way to the other, each at
 * any time; then calm, replays, and an end. Everything follows from the seed.
 */
final class Simulation {

    private static final long S = 1_000_000_000L;
    private static final long PACKET_EVERY_NS = S / 3;

    /** Both ways of a message and the packet behind it, at their slowest. */
    private static final long TRANSIT_NS = 4 * S;

    private static final long MAX_SILENCE_NS = IkeTiming.DEFAULT.retransmissionBudgetNs() + TRANSIT_NS;
    private static final int REAL_CRYPTO_EVERY = 100;
    private static final PeerRef ELSEWHERE = new PeerRef.Direct(Endpoint.parse("203.0.113.9:4500"));
    private static final IkeLimits ALWAYS_COOKIES = new IkeLimits(0, 4096, 4, 10 * S, 16_384, 32);
    private static final SaLifetime SHORT = new SaLifetime(1 << 20, 1 << 21, 1L << 40, 1L << 41, 45 * S, 150 * S);

    /** Made once for all seeds: certificates are not what is simulated. */
    record Members(LocalIdentity first, LocalIdentity second, Map<Integer, NodeIdentity> identities) {

        static Members of(TestMesh mesh) {
            return new Members(mesh.member(1), mesh.member(2), Map.of(1, mesh.identity(1), 2, mesh.identity(2)));
        }
    }

    private final Members members;
    private final long seed;
    private final Random random;
    private final SimNetwork network;
    private final boolean hybrid;
    private final boolean ownPeers;
    private final boolean awaitsPublication;
    private final boolean shortLived;
    private final boolean tickets;
    private final boolean cookies;
    private boolean relayed;
    private int addresses;
    private SimNode a;
    private SimNode b;
    private long epoch = 1_000;

    Simulation(Members members, long seed, Transitions transitions) {
        this.members = members;
        this.seed = seed;
        random = new Random(seed * 0x9E3779B97F4A7C15L);
        network = new SimNetwork(new Random(random.nextLong()), transitions);
        hybrid = random.nextInt(3) > 0;
        ownPeers = random.nextInt(4) > 0;
        awaitsPublication = random.nextBoolean();
        shortLived = random.nextInt(4) == 0;
        tickets = random.nextInt(3) == 0;
        cookies = random.nextInt(4) == 0;
        relayed = random.nextInt(3) == 0;
        a = node(1, nextAddress(1));
        b = node(2, nextAddress(2));
        a.peerIs(b);
        b.peerIs(a);
    }

    private Endpoint nextAddress(int number) {
        return Endpoint.parse("192.0.2." + number + ":" + (4500 + addresses++));
    }

    private SimNode node(int number, Endpoint at) {
        LocalIdentity identity = number == 1 ? members.first : members.second;
        IkeTiming usual = IkeTiming.DEFAULT;
        IkeTiming timing = new IkeTiming(
                usual.firstRetransmitNs(),
                usual.maxRetransmitNs(),
                usual.retransmissions(),
                shortLived ? 60 * S : usual.ikeLifetimeNs(),
                usual.oldInboundNs(),
                usual.duplicateLingerNs());
        IkeExtensions extensions = ownPeers
                ? IkeExtensions.MESH.withCrashSecret(SecretBytes.owning(TestMesh.bytes(100 + number)))
                : IkeExtensions.NONE;
        if (tickets) {
            extensions = extensions
                    .withTicketSecret(SecretBytes.owning(TestMesh.bytes(200 + number)))
                    .withResumption();
        }
        IkeSettings settings = IkeSettings.of(identity, epoch++)
                .withSuite(SuiteName.DEFAULT, hybrid)
                .withExtensions(extensions)
                .withAwaitPublication(awaitsPublication)
                .withChildLifetime(shortLived ? SHORT : SaLifetime.DEFAULT)
                .withTiming(timing)
                .withLimits(cookies ? ALWAYS_COOKIES : IkeLimits.DEFAULT);
        CryptoProvider crypto = seed % REAL_CRYPTO_EVERY == 0 ? new JdkCrypto() : new CheapCrypto(random.nextLong());
        SimNode node = new SimNode(network, random, number, at, settings, crypto, members.identities);
        node.viaRelay(relayed);
        return node;
    }

    /** All seeds of a range, one after the other. */
    static void live(Members members, long first, long last, Transitions transitions) {
        for (long seed = first; seed <= last; seed++) {
            live(members, seed, transitions);
        }
    }

    static void live(Members members, long seed, Transitions transitions) {
        try {
            new Simulation(members, seed, transitions).run();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
        }
    }

    private void run() {
        a.start();
        network.later(random.nextInt(2_000) * (S / 1_000), () -> b.start());
        packets();
        for (int step = 8 + random.nextInt(8); step > 0; step--) {
            network.run(random.nextInt(4_000) * (S / 1_000));
            act();
        }
        network.calm();
        network.run(30 * S);
        becomeOne();
        if (!shortLived) {
            replayEverything();
        }
        end();
    }

    /** A packet each way, again and again; and none of both waits for longer than a request may be repeated. */
    private void packets() {
        for (SimNode node : List.of(a, b)) {
            node.sendPacket();
            assertThat(node.silenceNs())
                    .as("ns without a packet at %d", node.number)
                    .isLessThan(MAX_SILENCE_NS);
        }
        network.later(PACKET_EVERY_NS, this::packets);
    }

    private void act() {
        SimNode one = random.nextBoolean() ? a : b;
        SimNode other = one == a ? b : a;
        switch (random.nextInt(16)) {
            case 0, 1 -> rekeyChild(one);
            case 2, 3 -> {
                rekeyChild(one);
                rekeyChild(other);
            }
            case 4, 5 -> rekeyIke(one);
            case 6, 7 -> {
                rekeyIke(one);
                rekeyIke(other);
            }
            case 8 -> {
                rekeyChild(one);
                rekeyIke(other);
            }
            case 9 ->
                List.copyOf(one.sessions.keySet()).forEach(session -> {
                    one.handle(new IkeInput.CheckLiveness(session));
                    one.handle(new IkeInput.SendNotify(session, 51000, new byte[100]));
                });
            case 10 -> {
                close(one);
                a.heardNow(); // what an owner ends is no silence of the engine's
                b.heardNow();
            }
            case 11, 12 -> moveOrRebind(one);
            case 13, 14 -> changeWay();
            default -> restart(one);
        }
    }

    /** One at a time: two that lose each other at once find each other by a directory, not by IKE. */
    private void moveOrRebind(SimNode one) {
        if (a.isSettled() && b.isSettled()) {
            Endpoint to = nextAddress(one.number);
            if (random.nextBoolean()) {
                one.isRebound(to);
            } else {
                one.moves(to);
            }
        }
    }

    private void changeWay() {
        if (a.isSettled() && b.isSettled()) {
            relayed = !relayed;
            a.changesWay(relayed);
            b.changesWay(relayed);
        }
    }

    private static void rekeyChild(SimNode node) {
        for (long session : List.copyOf(node.sessions.keySet())) {
            node.handle(new IkeInput.RekeyChild(session, node.newestInbound()));
        }
    }

    private static void rekeyIke(SimNode node) {
        List.copyOf(node.sessions.keySet()).forEach(session -> node.handle(new IkeInput.RekeyIke(session)));
    }

    private static void close(SimNode node) {
        List.copyOf(node.sessions.keySet()).forEach(session -> node.handle(new IkeInput.Close(session, "asked to")));
    }

    private void restart(SimNode gone) {
        gone.kill();
        network.run(random.nextInt(1_000) * (S / 1_000));
        SimNode fresh = node(gone.number, gone.endpoint());
        SimNode other = gone == a ? b : a;
        a = gone == a ? fresh : a;
        b = gone == b ? fresh : b;
        other.peerIs(fresh);
        fresh.peerIs(other);
        fresh.start();
    }

    /** One session, one IKE SA, one pair of Child SAs, the same on both sides, sooner or later. */
    private void becomeOne() {
        for (int second = 0; second < 120 && !isOne(); second++) {
            network.run(S);
        }
        assertThat(a.sessions).as("sessions of 1").hasSize(1);
        assertThat(b.sessions).as("sessions of 2").hasSize(1);
        assertThat(List.copyOf(a.sessions.values())).as("keys").isEqualTo(List.copyOf(b.sessions.values()));
        assertThat(a.inbound).as("Child SAs of 1").hasSize(1);
        assertThat(b.inbound).as("Child SAs of 2").hasSize(1);
        assertThat(a.takenSpis).isEqualTo(a.inbound.keySet());
        assertThat(b.takenSpis).isEqualTo(b.inbound.keySet());
        assertThat(sendsTo(a)).isEqualTo(b.newestInbound());
        assertThat(sendsTo(b)).isEqualTo(a.newestInbound());
        assertThat(a.isSettled()).as("1 knows where 2 is").isTrue();
        assertThat(b.isSettled()).as("2 knows where 1 is").isTrue();
        assertThat(a.ike.ikeSas()).as("IKE SAs of 1").isEqualTo(1);
        assertThat(b.ike.ikeSas()).as("IKE SAs of 2").isEqualTo(1);
    }

    private boolean isOne() {
        return a.inbound.size() == 1
                && b.inbound.size() == 1
                && a.ike.ikeSas() == 1
                && b.ike.ikeSas() == 1
                && a.takenSpis.equals(a.inbound.keySet()) // no rekey under way
                && b.takenSpis.equals(b.inbound.keySet());
    }

    private static int sendsTo(SimNode node) {
        ChildSa child = node.outbound();
        if (child == null) {
            throw new AssertionError("node " + node.number + " sends on nothing");
        }
        return child.outboundSpi();
    }

    /**
     * Every message again, from where it came and from elsewhere: nothing happens. INVALID_SPI is the one message that
     * nobody signs; it makes an engine ask its peer for a sign of life and nothing more (RFC 7296 section 1.5).
     */
    private void replayEverything() {
        a.events.clear();
        b.events.clear();
        for (SimNetwork.Message message : network.log()) {
            network.deliver(message);
            network.deliver(new SimNetwork.Message(ELSEWHERE, message.to(), message.bytes()));
            for (SimNode node : List.of(a, b)) {
                network.deliver(new SimNetwork.Message(ELSEWHERE, node.endpoint(), message.bytes()));
            }
        }
        network.run(15 * S); // half-open IKE SAs of repeated first messages are forgotten by then

        for (SimNode node : List.of(a, b)) {
            assertThat(node.events)
                    .as("what replays did to %d", node.number)
                    .allMatch(IkeEvent.LivenessConfirmed.class::isInstance);
        }
        becomeOne();
    }

    private void end() {
        a.needsNothing();
        b.needsNothing();
        close(random.nextBoolean() ? a : b);
        a.heardNow();
        b.heardNow();
        network.run(2 * S);

        for (SimNode node : List.of(a, b)) {
            assertThat(node.sessions).as("sessions that outlived the end").isEmpty();
            assertThat(node.takenSpis).as("SPIs that outlived the end").isEmpty();
            assertThat(node.ike.ikeSas()).as("IKE SAs that outlived the end").isZero();
            assertThat(node.ike.nextWakeupNs()).isEqualTo(TimerTable.NEVER);
        }
    }
}
