// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.check.CheckSession;
import io.vpnmesh.nat.signal.LeaseAnswer;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.LeaseStatus;
import io.vpnmesh.nat.signal.Move;
import io.vpnmesh.nat.signal.Release;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalCodec;
import io.vpnmesh.nat.signal.SignalError;
import io.vpnmesh.nat.signal.SignalKind;
import io.vpnmesh.nat.signal.Ticket;
import io.vpnmesh.nat.sim.Recorder;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RelayServerTest {

    private static final long SECOND_NS = 1_000_000_000L;
    private static final NodeId RELAY = new NodeId(9, 9);
    private static final NodeId A = new NodeId(1, 1);
    private static final NodeId B = new NodeId(2, 2);
    private static final Endpoint LOCAL = Endpoint.parse("192.0.2.1:4500");
    private static final Endpoint SECOND_LOCAL = Endpoint.parse("192.0.2.2:4500");
    private static final Endpoint TUPLE_A = Endpoint.parse("198.51.100.1:4500");
    private static final Endpoint TUPLE_B = Endpoint.parse("203.0.113.1:4500");
    private static final Endpoint ELSEWHERE = Endpoint.parse("203.0.113.99:6666");
    private static final int SPI = 0x80000001;

    private final Random random = new Random(5);
    private final Recorder<RelayEvent> out = new Recorder<>();
    private final CheckSession checksOfA = new CheckSession(credentials(A, true));
    private final CheckSession checksOfB = new CheckSession(credentials(B, true));
    private ForwardingTable table = new ForwardingTable();
    private RelayServer server = server(table, false);
    private Endpoint local = LOCAL;
    private long nowNs;

    private RelayServer server(ForwardingTable with, boolean restarted) {
        RelaySettings settings = RelaySettings.of(
                RELAY, SecretBytes.owning(new byte[32]), SecretBytes.owning(new byte[32]), 1_700_000_000L, restarted);
        return new RelayServer(settings, with, random);
    }

    private static CheckCredentials credentials(NodeId client, boolean clientSide) {
        byte[] clientKey = new byte[32];
        byte[] relayKey = new byte[32];
        clientKey[0] = (byte) client.low();
        relayKey[1] = (byte) client.low();
        String clientId = "c%015d".formatted(client.low());
        String relayId = "d%015d".formatted(client.low());
        return CheckCredentials.of(
                SecretBytes.owning(clientKey),
                SecretBytes.owning(relayKey),
                clientSide,
                clientSide ? clientId : relayId,
                clientSide ? relayId : clientId);
    }

    @BeforeEach
    void bothClientsAreUp() {
        up(server);
    }

    private void up(RelayServer relay) {
        relay.handle(new RelayInput.ClientUp(A, credentials(A, false)), nowNs, out);
        relay.handle(new RelayInput.ClientUp(B, credentials(B, false)), nowNs, out);
    }

    private StunMessage check(CheckSession checks, Endpoint from, @Nullable String nonce) {
        byte[] request = checks.request(TransactionId.random(random), new CheckSession.Path(0, true, 0, 0), nonce, 0);
        return exchange(request, from);
    }

    private StunMessage exchange(byte[] request, Endpoint from) {
        out.datagrams.clear();
        server.handle(new RelayInput.StunReceived(local, from, request), nowNs, out);
        assertThat(out.datagrams).hasSize(1);
        assertThat(out.datagrams.getFirst().remote()).isEqualTo(from);
        try {
            return StunCodec.decode(out.datagrams.getFirst().payload());
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    private void bind(CheckSession checks, Endpoint tuple) {
        String nonce = check(checks, tuple, null).nonce().orElseThrow();
        assertThat(check(checks, tuple, nonce).type()).isEqualTo(StunMessage.BINDING_SUCCESS);
    }

    private Signal signal(NodeId from, Signal signal) {
        out.events.clear();
        server.handle(new RelayInput.SignalReceived(from, SignalCodec.encode(signal)), nowNs, out);
        List<RelayEvent.SendSignal> sent = out.of(RelayEvent.SendSignal.class);
        assertThat(sent).hasSize(1);
        try {
            return SignalCodec.decode(sent.getFirst().datagram());
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    private LeaseAnswer.Item lease(NodeId client, int spi, Ticket ticket) {
        LeaseRequest request = new LeaseRequest(List.of(new LeaseRequest.Item(spi, 600, ticket)));
        Signal answer = signal(
                client, new Signal(SignalKind.LEASE, request.flags(), 77, Signal.RELAY_ITSELF, request.encode()));
        assertThat(answer.kind()).isEqualTo(SignalKind.LEASE_ANSWER);
        assertThat(answer.requestId()).isEqualTo(77);
        try {
            return LeaseAnswer.decode(answer.body()).items().getFirst();
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void tupleIsBoundOnlyAfterItsNonceCameBackFromIt() {
        StunMessage challenge = check(checksOfA, TUPLE_A, null);
        assertThat(challenge.errorCode()).hasValue(StunMessage.STALE_NONCE);
        assertThat(server.tupleOf(A)).isEmpty();

        StunMessage elsewhere = check(checksOfA, ELSEWHERE, challenge.nonce().orElseThrow());
        assertThat(elsewhere.errorCode()).hasValue(StunMessage.STALE_NONCE);
        assertThat(server.tupleOf(A)).isEmpty();

        StunMessage success = check(checksOfA, TUPLE_A, challenge.nonce().orElseThrow());
        assertThat(success.mappedAddress()).contains(TUPLE_A);
        assertThat(server.tupleOf(A)).contains(TUPLE_A);
        assertThat(out.of(RelayEvent.TupleChanged.class))
                .containsExactly(new RelayEvent.TupleChanged(A, LOCAL, TUPLE_A));
    }

    @Test
    void otherAddressOfOursIsAnotherTuple() {
        lease(B, SPI, Ticket.NONE);
        bind(checksOfA, TUPLE_A);
        bind(checksOfB, TUPLE_B);
        String nonce = check(checksOfB, ELSEWHERE, null).nonce().orElseThrow();
        local = SECOND_LOCAL;

        StunMessage challenge = check(checksOfB, TUPLE_B, nonce);
        assertThat(challenge.errorCode()).hasValue(StunMessage.STALE_NONCE);
        assertThat(out.datagrams.getFirst().local()).isEqualTo(SECOND_LOCAL);
        assertThat(table.lookup(TUPLE_A, SPI)).isEqualTo(new Route.Forward(LOCAL, TUPLE_B));

        assertThat(check(checksOfB, TUPLE_B, challenge.nonce().orElseThrow()).type())
                .isEqualTo(StunMessage.BINDING_SUCCESS);
        assertThat(table.lookup(TUPLE_A, SPI)).isEqualTo(new Route.Forward(SECOND_LOCAL, TUPLE_B));
        assertThat(server.routeTo(B)).contains(new Route.Forward(SECOND_LOCAL, TUPLE_B));
        assertThat(table.lookup(TUPLE_B, SPI)).isEqualTo(new Route.Forward(SECOND_LOCAL, TUPLE_B));
    }

    @Test
    void nonceOfOneAddressOfOursProvesNoOther() {
        String nonce = check(checksOfA, TUPLE_A, null).nonce().orElseThrow();
        local = SECOND_LOCAL;

        assertThat(check(checksOfA, TUPLE_A, nonce).errorCode()).hasValue(StunMessage.STALE_NONCE);
        assertThat(server.tupleOf(A)).isEmpty();
    }

    @Test
    void recordedCheckFromAnotherTupleChangesNothing() {
        bind(checksOfA, TUPLE_A);
        byte[] recorded =
                checksOfA.request(TransactionId.random(random), new CheckSession.Path(0, true, 0, 0), null, 0);
        exchange(recorded, TUPLE_A);
        out.clear();

        server.handle(new RelayInput.StunReceived(LOCAL, ELSEWHERE, recorded), nowNs, out);

        assertThat(out.datagrams).isEmpty();
        assertThat(server.tupleOf(A)).contains(TUPLE_A);
    }

    @Test
    void nonceDiesAfterTwoSlots() {
        String nonce = check(checksOfA, TUPLE_A, null).nonce().orElseThrow();
        nowNs += 20 * SECOND_NS;

        assertThat(check(checksOfA, TUPLE_A, nonce).errorCode()).hasValue(StunMessage.STALE_NONCE);
    }

    @Test
    void forwardsOnlyBetweenProvenTuplesAndToLeasedSpis() {
        assertThat(lease(B, SPI, Ticket.NONE).status()).isEqualTo(LeaseStatus.GRANTED);
        assertThat(table.lookup(TUPLE_A, SPI)).isEqualTo(Route.Verdict.UNKNOWN_SOURCE);

        bind(checksOfA, TUPLE_A);
        assertThat(table.lookup(TUPLE_A, SPI)).isEqualTo(Route.Verdict.STALE_TARGET);

        bind(checksOfB, TUPLE_B);
        assertThat(table.lookup(TUPLE_A, SPI)).isEqualTo(new Route.Forward(LOCAL, TUPLE_B));
        assertThat(table.lookup(ELSEWHERE, SPI)).isEqualTo(Route.Verdict.UNKNOWN_SOURCE);
        assertThat(table.lookup(TUPLE_A, SPI + 1)).isEqualTo(Route.Verdict.UNKNOWN_SPI);
    }

    @Test
    void movedClientIsFollowedAndItsOldTupleForgotten() {
        lease(B, SPI, Ticket.NONE);
        bind(checksOfA, TUPLE_A);
        bind(checksOfB, TUPLE_B);

        bind(checksOfB, ELSEWHERE);

        assertThat(table.lookup(TUPLE_A, SPI)).isEqualTo(new Route.Forward(LOCAL, ELSEWHERE));
        assertThat(table.lookup(TUPLE_B, SPI)).isEqualTo(Route.Verdict.UNKNOWN_SOURCE);
    }

    @Test
    void tupleWithoutAValidCheckForTwoIntervalsForwardsNothing() {
        lease(B, SPI, Ticket.NONE);
        bind(checksOfA, TUPLE_A);
        bind(checksOfB, TUPLE_B);
        nowNs += 40 * SECOND_NS;
        check(checksOfA, TUPLE_A, null);
        nowNs += 10 * SECOND_NS;

        assertThat(server.nextWakeupNs()).isLessThanOrEqualTo(nowNs);
        server.onTimer(nowNs, out);

        assertThat(table.lookup(TUPLE_A, SPI)).isEqualTo(Route.Verdict.STALE_TARGET);
        assertThat(table.lookup(TUPLE_B, SPI)).isEqualTo(Route.Verdict.UNKNOWN_SOURCE);
        assertThat(out.of(RelayEvent.TupleLost.class)).containsExactly(new RelayEvent.TupleLost(B, TUPLE_B));
    }

    @Test
    void clientThatIsGoneForwardsNothingButKeepsItsLeases() {
        lease(B, SPI, Ticket.NONE);
        bind(checksOfA, TUPLE_A);
        bind(checksOfB, TUPLE_B);

        server.handle(new RelayInput.ClientGone(B, credentials(B, false).ownId()), nowNs, out);

        assertThat(table.lookup(TUPLE_A, SPI)).isEqualTo(Route.Verdict.STALE_TARGET);
        assertThat(lease(A, SPI, Ticket.NONE).status()).isEqualTo(LeaseStatus.TAKEN);
    }

    @Test
    void leaseIsExclusiveUntilReleasedOrExpired() {
        assertThat(lease(A, SPI, Ticket.NONE).status()).isEqualTo(LeaseStatus.GRANTED);
        assertThat(lease(A, SPI, Ticket.NONE).status()).as("again").isEqualTo(LeaseStatus.GRANTED);
        assertThat(lease(B, SPI, Ticket.NONE).status()).isEqualTo(LeaseStatus.TAKEN);
        assertThat(lease(B, 0x7fffffff, Ticket.NONE).status()).isEqualTo(LeaseStatus.NOT_LEASABLE);

        signal(B, new Signal(SignalKind.RELEASE, 0, 1, Signal.RELAY_ITSELF, new Release(List.of(SPI)).encode()));
        assertThat(lease(B, SPI, Ticket.NONE).status()).as("not B's to release").isEqualTo(LeaseStatus.TAKEN);

        signal(A, new Signal(SignalKind.RELEASE, 0, 1, Signal.RELAY_ITSELF, new Release(List.of(SPI)).encode()));
        assertThat(lease(B, SPI, Ticket.NONE).status()).isEqualTo(LeaseStatus.GRANTED);

        nowNs += 600 * SECOND_NS;
        server.onTimer(nowNs, out);
        assertThat(table.lookup(TUPLE_A, SPI)).isEqualTo(Route.Verdict.UNKNOWN_SPI);
    }

    @Test
    void restartedRelayGrantsOnlyWhatATicketProvesForAMinute() {
        Ticket ticket = lease(A, SPI, Ticket.NONE).ticket();
        table = new ForwardingTable();
        server = server(table, true);
        up(server);

        assertThat(lease(A, SPI, Ticket.NONE).status()).isEqualTo(LeaseStatus.TICKET_NEEDED);
        assertThat(lease(B, SPI, ticket).status()).as("stolen").isEqualTo(LeaseStatus.TICKET_NEEDED);
        assertThat(lease(A, SPI + 1, ticket).status()).as("for another SPI").isEqualTo(LeaseStatus.TICKET_NEEDED);
        Ticket longer = new Ticket(ticket.expirySeconds() + 1, ticket.macHigh(), ticket.macLow());
        assertThat(lease(A, SPI, longer).status()).as("prolonged").isEqualTo(LeaseStatus.TICKET_NEEDED);
        assertThat(lease(A, SPI, ticket).status()).isEqualTo(LeaseStatus.GRANTED);

        nowNs += 60 * SECOND_NS;
        assertThat(lease(B, SPI + 2, Ticket.NONE).status()).isEqualTo(LeaseStatus.GRANTED);
    }

    @Test
    void ownSpiIsLocalFromAnywhere() {
        int own = server.takeOwnSpi();

        assertThat(own).isNegative();
        assertThat(table.lookup(ELSEWHERE, own)).isEqualTo(Route.Verdict.LOCAL);
        assertThat(lease(A, own, Ticket.NONE).status()).isEqualTo(LeaseStatus.TAKEN);
        server.freeOwnSpi(own);
        assertThat(table.lookup(ELSEWHERE, own)).isEqualTo(Route.Verdict.UNKNOWN_SPI);
    }

    @Test
    void signalArrivesWithItsTrueSource() {
        Signal signal = signal(A, Signal.between(SignalKind.IKE, B, new byte[] {1, 2, 3}));

        assertThat(out.of(RelayEvent.SendSignal.class).getFirst().to()).isEqualTo(B);
        assertThat(signal.node()).isEqualTo(A);
        assertThat(signal.body()).containsExactly(1, 2, 3);
    }

    @Test
    void signalToAStrangerComesBackAsAnError() throws MalformedException {
        NodeId stranger = new NodeId(3, 3);

        Signal signal = signal(A, Signal.between(SignalKind.IKE, stranger, new byte[0]));

        assertThat(out.of(RelayEvent.SendSignal.class).getFirst().to()).isEqualTo(A);
        assertThat(signal.kind()).isEqualTo(SignalKind.ERROR);
        assertThat(signal.node()).isEqualTo(stranger);
        assertThat(SignalError.decode(signal.body()).code()).isEqualTo(SignalError.NOT_ATTACHED);
    }

    @Test
    void floodIsCutPerPair() {
        Signal toB = Signal.between(SignalKind.IKE, B, new byte[1]);
        out.events.clear();

        for (int i = 0; i < 200; i++) {
            server.handle(new RelayInput.SignalReceived(A, SignalCodec.encode(toB)), nowNs, out);
        }
        server.handle(
                new RelayInput.SignalReceived(B, SignalCodec.encode(Signal.between(SignalKind.IKE, A, new byte[1]))),
                nowNs,
                out);

        assertThat(out.of(RelayEvent.SendSignal.class)).hasSize(40 + 1);
    }

    @Test
    void plainBindingIsAnsweredOnlyIfTheAnswerIsNotLonger() {
        byte[] bare = StunCodec.encode(
                StunMessage.request(TransactionId.random(random)).build());
        byte[] padded = StunCodec.encode(StunMessage.request(TransactionId.random(random))
                .software("vpnmesh nat observer")
                .build());

        server.handle(new RelayInput.StunReceived(LOCAL, ELSEWHERE, bare), nowNs, out);
        assertThat(out.datagrams).isEmpty();

        assertThat(exchange(padded, ELSEWHERE).mappedAddress()).contains(ELSEWHERE);
        assertThat(out.datagrams.getFirst().payload().length).isLessThanOrEqualTo(padded.length);
        Endpoint v6 = Endpoint.parse("[2001:db8::1]:4500");
        assertThat(exchange(padded, v6).mappedAddress()).contains(v6);
    }

    @Test
    void drainTellsAllClientsAndLeasesNothingNew() throws MalformedException {
        server.handle(new RelayInput.Drain(30, List.of(new NodeId(8, 8))), nowNs, out);

        List<RelayEvent.SendSignal> sent = out.of(RelayEvent.SendSignal.class);
        assertThat(sent).extracting(RelayEvent.SendSignal::to).containsExactlyInAnyOrder(A, B);
        Signal move = SignalCodec.decode(sent.getFirst().datagram());
        assertThat(Move.decode(move.body())).isEqualTo(new Move(30, List.of(new NodeId(8, 8))));
        assertThat(lease(A, SPI, Ticket.NONE).status()).isEqualTo(LeaseStatus.DRAINING);
    }

    @Test
    void moveIsRepeatedBecauseNobodyAnswersIt() {
        server.handle(new RelayInput.Drain(1, List.of()), nowNs, out);
        out.clear();

        for (int i = 0; i < 20; i++) {
            nowNs += SECOND_NS / 10;
            server.onTimer(nowNs, out);
        }

        assertThat(out.of(RelayEvent.SendSignal.class))
                .hasSize(6)
                .extracting(RelayEvent.SendSignal::to)
                .containsOnly(A, B);
    }

    @Test
    void garbageDoesNothing() {
        Random garbage = new Random(1);
        out.clear();
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = new byte[garbage.nextInt(120)];
            garbage.nextBytes(bytes);
            server.handle(new RelayInput.StunReceived(LOCAL, ELSEWHERE, bytes), nowNs, out);
            server.handle(new RelayInput.SignalReceived(A, bytes), nowNs, out);
        }

        assertThat(out.datagrams).isEmpty();
        assertThat(table.size()).isZero();
    }
}
