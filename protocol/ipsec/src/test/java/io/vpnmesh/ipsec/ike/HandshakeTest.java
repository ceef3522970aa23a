// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.esp.EspVerdict;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();

    private static IkeInput.Connect connect(TestNode to) {
        return connect(new PeerRef.Direct(to.endpoint()), to.number);
    }

    private static IkeInput.Connect connect(PeerRef way, int number) {
        return new IkeInput.Connect(
                way,
                TestMesh.nodeId(number),
                List.of(Cidr.parse("10.77.0.0/16")),
                List.of(Cidr.host(TestMesh.address(number))));
    }

    private static IkeInput.Connect connectFrom(int from, TestNode to) {
        return new IkeInput.Connect(
                new PeerRef.Direct(to.endpoint()),
                TestMesh.nodeId(to.number),
                List.of(Cidr.host(TestMesh.address(from))),
                List.of(Cidr.host(TestMesh.address(to.number))));
    }

    private static void assertTrafficFlows(TestNode a, TestNode b) {
        assertThat(a.sendPacketTo(b, a.last(IkeEvent.SendOn.class).child())).isEqualTo(33);
        assertThat(b.sendPacketTo(a, b.last(IkeEvent.SendOn.class).child())).isEqualTo(33);
    }

    @ParameterizedTest
    @CsvSource({"DEFAULT,true", "DEFAULT,false", "FIPS,true", "FIPS,false"})
    void twoMembersMeetAndTrafficFlowsBothWays(SuiteName suite, boolean hybrid) {
        TestMesh members = new TestMesh(suite);
        TestNode a = wire.add(members, 1, s -> s.withSuite(suite, hybrid));
        TestNode b = wire.add(members, 2, s -> s.withSuite(suite, hybrid));

        a.handle(connectFrom(1, b));
        wire.settle();

        IkeEvent.Established atA = a.only(IkeEvent.Established.class);
        IkeEvent.Established atB = b.only(IkeEvent.Established.class);
        assertThat(atA.identity().node()).isEqualTo(TestMesh.nodeId(2));
        assertThat(atB.identity().node()).isEqualTo(TestMesh.nodeId(1));
        assertThat(atA.initiator()).isTrue();
        assertThat(atB.initiator()).isFalse();
        assertThat(atA.ownPeer()).isTrue();
        assertThat(atA.keys()).isEqualTo(atB.keys());
        assertThat(atA.peerPathCheckId()).isEqualTo(atB.ownPathCheckId()).hasSize(16);
        assertThat(atB.peerBootEpoch()).isEqualTo(1001);
        assertThat(atA.suite()).isEqualTo(atB.suite()).contains(hybrid ? "ML_KEM_768" : "PRF");
        assertTrafficFlows(a, b);
        assertThat(a.only(IkeEvent.ChildInstalled.class).child().esn()).isTrue();
    }

    @Test
    void signalledMessagesStayBelowTheirFragmentSize() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);

        a.handle(connect(new PeerRef.Signalled(TestMesh.nodeId(2)), 2));
        wire.settle();

        assertThat(a.all(IkeEvent.Established.class)).hasSize(1);
        assertTrafficFlows(a, b);
        assertThat(wire.log).allSatisfy(m -> assertThat(m.bytes().length).isLessThanOrEqualTo(1040));
        assertThat(wire.log).anySatisfy(m -> assertThat(m.bytes()[16]).isEqualTo((byte) 53)); // SKF
    }

    @Test
    void everyMessageMayBeLostOnce() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        List<Integer> seen = new ArrayList<>();
        wire.fate = m -> {
            int hash = Arrays.hashCode(m.bytes());
            if (seen.contains(hash)) {
                return List.of(m);
            }
            seen.add(hash);
            return List.of();
        };

        a.handle(connectFrom(1, b));
        wire.run(Duration.ofSeconds(20));

        assertThat(a.all(IkeEvent.Established.class)).hasSize(1);
        assertThat(b.all(IkeEvent.Established.class)).hasSize(1);
        assertTrafficFlows(a, b);
    }

    @Test
    void everyMessageMayComeTwice() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        wire.fate = m -> List.of(m, m);

        a.handle(connectFrom(1, b));
        wire.run(Duration.ofSeconds(30));

        assertThat(a.all(IkeEvent.Established.class)).hasSize(1);
        assertThat(b.all(IkeEvent.Established.class)).hasSize(1);
        assertThat(a.all(IkeEvent.Closed.class)).isEmpty();
        assertTrafficFlows(a, b);
    }

    @Test
    void onACrossingOneSessionIsLeftAndItIsTheLowerNodesOwn() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);

        a.handle(connectFrom(1, b));
        b.handle(connectFrom(2, a));
        wire.run(Duration.ofSeconds(60));

        assertThat(a.all(IkeEvent.Established.class).size()
                        - a.all(IkeEvent.Closed.class).size())
                .isEqualTo(1);
        assertThat(b.all(IkeEvent.Established.class).size()
                        - b.all(IkeEvent.Closed.class).size())
                .isEqualTo(1);
        assertThat(a.inbound).hasSize(1);
        assertThat(b.inbound).hasSize(1);
        assertThat(a.takenSpis).hasSize(1);
        assertThat(b.takenSpis).hasSize(1);
        assertThat(a.last(IkeEvent.Established.class).initiator()).isTrue();
        assertThat(a.sendPacketTo(b, a.sending.values().iterator().next())).isPositive();
        assertThat(b.sendPacketTo(a, b.sending.values().iterator().next())).isPositive();
    }

    @Test
    void aCrossingWhereBothCompleteKeepsTheLowerNodesSession() {
        TestNode a = wire.add(mesh, 1, s -> s.withSuite(SuiteName.DEFAULT, false));
        TestNode b = wire.add(mesh, 2, s -> s.withSuite(SuiteName.DEFAULT, false));
        List<TestWire.Message> held = new ArrayList<>();
        // The lower node's IKE_SA_INIT arrives late: the higher one has sent its IKE_AUTH by then.
        wire.fate = m -> {
            boolean lowersInit = m.exchange() == ExchangeType.IKE_SA_INIT
                    && !m.isResponse()
                    && m.from().equals(new PeerRef.Direct(a.endpoint()));
            boolean auth = m.exchange() == ExchangeType.IKE_AUTH && held.size() < 2;
            if (lowersInit || auth) {
                held.add(m);
                return List.of();
            }
            return List.of(m);
        };

        a.handle(connectFrom(1, b));
        b.handle(connectFrom(2, a));
        wire.settle();
        assertThat(held).hasSize(2);
        wire.fate = List::of;
        held.forEach(wire::put);
        wire.run(Duration.ofSeconds(60));

        assertThat(a.all(IkeEvent.Established.class)).hasSize(2);
        IkeEvent.Closed closed = a.only(IkeEvent.Closed.class);
        IkeEvent.Established lost = a.all(IkeEvent.Established.class).stream()
                .filter(e -> e.session() == closed.session())
                .findFirst()
                .orElseThrow();
        assertThat(lost.initiator()).isFalse();
        assertThat(a.inbound).hasSize(1);
        assertThat(b.inbound).hasSize(1);
        assertThat(a.sendPacketTo(b, a.sending.values().iterator().next())).isPositive();
    }

    @Test
    void aStrangersCertificateIsRefusedByTheResponder() {
        TestMesh others = new TestMesh(SuiteName.DEFAULT);
        TestNode a = wire.add(mesh, others.member(1), 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);

        a.handle(connectFrom(1, b));
        wire.run(Duration.ofSeconds(30));

        assertThat(b.only(IkeEvent.Failed.class).reason()).contains("refused");
        assertThat(a.only(IkeEvent.Failed.class).reason()).contains("AUTHENTICATION_FAILED");
        assertThat(a.all(IkeEvent.Established.class)).isEmpty();
        assertThat(b.all(IkeEvent.Established.class)).isEmpty();
        assertThat(a.takenSpis).isEmpty();
        assertThat(b.takenSpis).isEmpty();
    }

    @Test
    void aResponderWithAStrangersCertificateIsRefusedByTheInitiator() {
        TestMesh others = new TestMesh(SuiteName.DEFAULT);
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, others.member(2), 2, s -> s);

        a.handle(connectFrom(1, b));
        wire.run(Duration.ofSeconds(30));

        assertThat(a.only(IkeEvent.Failed.class).reason()).contains("certificate is refused");
        assertThat(b.only(IkeEvent.Closed.class).reason()).contains("refuses our identity");
        assertThat(a.takenSpis).isEmpty();
        assertThat(b.takenSpis).isEmpty();
    }

    @Test
    void anotherNodeThanExpectedIsRefused() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, mesh.member(3), 2, s -> s);

        a.handle(connectFrom(1, b));
        wire.run(Duration.ofSeconds(30));

        assertThat(a.only(IkeEvent.Failed.class).reason()).contains("expected");
        assertThat(b.inbound).isEmpty();
    }

    @Test
    void aNodeThatTheRelayDidNotStampIsRefused() {
        TestNode a = wire.add(mesh, mesh.member(3), 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);

        a.handle(connect(new PeerRef.Signalled(TestMesh.nodeId(2)), 2));
        wire.run(Duration.ofSeconds(30));

        assertThat(b.only(IkeEvent.Failed.class).reason()).contains("the relay says");
        assertThat(a.all(IkeEvent.Established.class)).isEmpty();
    }

    @Test
    void selectorsBeyondTheCertificateAreNarrowedAway() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);

        a.handle(connect(b)); // offers 10.77.0.0/16 as its own side
        wire.settle();

        assertThat(b.only(IkeEvent.ChildInstalled.class).child().remote()).hasToString("[10.77.0.1]");
        assertThat(a.only(IkeEvent.ChildInstalled.class).child().local()).hasToString("[10.77.0.1]");
        TestNode liar = new TestNode(wire, mesh, 9, IkeSettings.of(mesh.member(9), 9));
        assertThat(liar.sendPacketTo(b, a.last(IkeEvent.SendOn.class).child())).isEqualTo(EspVerdict.SELECTOR);
    }

    @Test
    void repeatedMessagesOfAFinishedHandshakeChangeNothing() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        a.handle(connectFrom(1, b));
        wire.settle();
        List<TestWire.Message> old = List.copyOf(wire.log);
        int eventsAtA = a.events.size();
        int eventsAtB = b.events.size();

        wire.run(Duration.ofSeconds(15));
        old.forEach(wire::put);
        wire.run(Duration.ofSeconds(60));

        assertThat(a.events).hasSize(eventsAtA);
        assertThat(b.events).hasSize(eventsAtB);
        assertTrafficFlows(a, b);
    }

    @Test
    void garbageChangesNothing() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        java.util.Random random = new java.util.Random(7);
        a.handle(connectFrom(1, b));
        wire.settle();
        int eventsAtB = b.events.size();

        for (TestWire.Message sample : List.copyOf(wire.log)) {
            for (int i = 0; i < 300; i++) {
                byte[] bytes = sample.bytes().clone();
                if (i % 10 == 0) {
                    bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
                } else {
                    for (int flips = random.nextInt(4); flips >= 0; flips--) {
                        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                    }
                }
                b.handle(new IkeInput.Received(new PeerRef.Direct(a.endpoint()), b.endpoint(), bytes));
            }
        }
        wire.run(Duration.ofSeconds(60));

        assertThat(b.events).hasSize(eventsAtB);
        assertTrafficFlows(a, b);
    }

    @Test
    void aResponderMayAskForAnotherGroup() {
        TestMesh members = new TestMesh(SuiteName.FIPS);
        TestNode a = wire.add(members, 1, s -> s.withSuite(SuiteName.DEFAULT, true));
        TestNode b = wire.add(members, 2, s -> s.withSuite(SuiteName.FIPS, true));

        a.handle(connectFrom(1, b));
        wire.settle();

        assertThat(a.only(IkeEvent.Established.class).suite()).contains("SECP256R1+ML_KEM_768");
        assertTrafficFlows(a, b);
    }

    @Test
    void aPeerWithoutTheHybridGetsTheClassicExchange() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s.withSuite(SuiteName.DEFAULT, false));

        a.handle(connectFrom(1, b));
        wire.settle();

        assertThat(a.only(IkeEvent.Established.class).suite()).endsWith("/X25519");
        assertTrafficFlows(a, b);
    }

    /** Whoever has not asked for IKE_INTERMEDIATE, or has no use for it, is not told of it (RFC 9242 section 3.1). */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theAnswerSaysIntermediateWhenItWillBeUsed(boolean hybrid) throws MalformedException {
        TestNode a = wire.add(mesh, 1, s -> s.withSuite(SuiteName.DEFAULT, hybrid));
        TestNode b = wire.add(mesh, 2, s -> s);

        a.handle(connectFrom(1, b));
        wire.settle();

        byte[] answer = wire.log.stream()
                .filter(m -> m.exchange() == ExchangeType.IKE_SA_INIT && m.isResponse())
                .findFirst()
                .orElseThrow()
                .bytes();
        Payloads payloads = IkeMessageCodec.decode(answer, IkeHeader.decode(answer));
        assertThat(payloads.has(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED)).isEqualTo(hybrid);
    }

    @Test
    void withoutAnSpiTheAttemptFailsAndSaysWhy() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        a.spisLeft = 0;

        a.handle(connectFrom(1, b));
        wire.settle();

        assertThat(a.only(IkeEvent.Failed.class).reason()).contains("no inbound SPI");
    }

    @Test
    void anUnreachablePeerFailsAfterTheRetransmissions() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        wire.fate = m -> List.of();

        a.handle(connectFrom(1, b));
        wire.run(Duration.ofSeconds(40));

        assertThat(a.only(IkeEvent.Failed.class).reason()).contains("no answer");
        assertThat(wire.log).hasSize(7);
        assertThat(a.ike.nextWakeupNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void notifiesLivenessAndCloseTravelInTheSession() {
        TestNode a = wire.add(mesh, 1, s -> s.withCapabilities(5));
        TestNode b = wire.add(mesh, 2, s -> s);
        a.handle(connectFrom(1, b));
        wire.settle();
        long session = a.only(IkeEvent.Established.class).session();
        byte[] data = "candidates".getBytes(StandardCharsets.UTF_8);

        a.handle(new IkeInput.SendNotify(session, NotifyType.CANDIDATES, data));
        a.handle(new IkeInput.CheckLiveness(session));
        wire.settle();
        a.handle(new IkeInput.Close(session, "idle"));
        wire.settle();

        List<IkeEvent.Notified> notified = b.all(IkeEvent.Notified.class);
        assertThat(notified)
                .extracting(IkeEvent.Notified::type)
                .containsExactly(NotifyType.CAPABILITIES, NotifyType.CANDIDATES);
        assertThat(notified.getFirst().data()).endsWith(5);
        assertThat(notified.getLast().data()).isEqualTo(data);
        assertThat(a.only(IkeEvent.LivenessConfirmed.class).session()).isEqualTo(session);
        assertThat(a.only(IkeEvent.Closed.class).reason()).isEqualTo("idle");
        assertThat(b.only(IkeEvent.Closed.class).reason()).isEqualTo("deleted by the peer");
        assertThat(a.takenSpis).isEmpty();
        assertThat(b.takenSpis).isEmpty();
        assertThat(a.ike.nextWakeupNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aPeerThatIsGoneIsNoticedByALivenessCheck() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        a.handle(connectFrom(1, b));
        wire.settle();
        wire.fate = m -> List.of();

        a.handle(new IkeInput.CheckLiveness(a.only(IkeEvent.Established.class).session()));
        wire.run(Duration.ofSeconds(40));

        assertThat(a.only(IkeEvent.Closed.class).reason()).contains("does not answer");
        assertThat(a.inbound).isEmpty();
    }

    @Test
    void aRestartedPeerReplacesItsOldSession() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        a.handle(connectFrom(1, b));
        wire.settle();
        IkeSettings later = IkeSettings.of(mesh.member(1), 2_000);

        TestNode reborn = wire.add(mesh, later.identity(), 1, _ -> later);
        reborn.handle(connectFrom(1, b));
        wire.settle();

        assertThat(b.all(IkeEvent.Established.class)).hasSize(2);
        assertThat(b.only(IkeEvent.Closed.class).reason()).contains("restarted");
        assertThat(b.inbound).hasSize(1);
        assertTrafficFlows(reborn, b);
    }

    @Test
    void aSessionFollowsToAnotherWay() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        a.handle(connect(new PeerRef.Signalled(TestMesh.nodeId(2)), 2));
        wire.settle();
        long session = a.only(IkeEvent.Established.class).session();
        wire.log.clear();

        a.handle(new IkeInput.MovePeer(session, new PeerRef.Direct(b.endpoint())));
        a.handle(new IkeInput.CheckLiveness(session));
        wire.settle();

        assertThat(a.all(IkeEvent.LivenessConfirmed.class)).hasSize(1);
        assertThat(wire.log).allSatisfy(m -> assertThat(m.from()).isInstanceOf(PeerRef.Direct.class));
    }

    @Test
    void whatTheResponderSaysWhileItsCertificateIsJudgedIsNotLost() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        a.answersVerify = false;
        a.handle(connectFrom(1, b));
        wire.settle();
        b.handle(new IkeInput.SendNotify(
                b.only(IkeEvent.Established.class).session(), NotifyType.CANDIDATES, new byte[] {1}));
        wire.settle();

        a.handle(new IkeInput.PeerVerified(a.only(IkeEvent.VerifyPeer.class).ticket(), mesh.identity(2)));

        assertThat(a.last(IkeEvent.Notified.class).type()).isEqualTo(NotifyType.CANDIDATES);
    }
}
