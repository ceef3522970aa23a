// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.sa.SaLifetime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RekeyTest {

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();
    private TestNode a = wire.add(mesh, 1, s -> s);
    private TestNode b = wire.add(mesh, 2, s -> s);

    private void establish(UnaryOperator<IkeSettings> settings) {
        a = wire.add(mesh, 1, settings);
        b = wire.add(mesh, 2, settings);
        wire.establish(a, b);
    }

    private static long session(TestNode node) {
        return node.only(IkeEvent.Established.class).session();
    }

    private static void rekeyChild(TestNode node) {
        node.handle(new IkeInput.RekeyChild(
                session(node), node.sendingOn(session(node)).inboundSpi()));
    }

    private static void rekeyIke(TestNode node) {
        node.handle(new IkeInput.RekeyIke(session(node)));
    }

    /** Both sides use one and the same Child SA, and nothing else is left. */
    private void assertOneChildAndTraffic() {
        assertThat(a.inbound).hasSize(1);
        assertThat(b.inbound).hasSize(1);
        assertThat(a.takenSpis).isEqualTo(a.inbound.keySet());
        assertThat(b.takenSpis).isEqualTo(b.inbound.keySet());
        assertTraffic();
        assertThat(a.sendingOn(session(a)).outboundSpi())
                .isEqualTo(b.sendingOn(session(b)).inboundSpi());
    }

    private void assertTraffic() {
        assertThat(a.sendPacketTo(b, a.sendingOn(session(a)))).isEqualTo(33);
        assertThat(b.sendPacketTo(a, b.sendingOn(session(b)))).isEqualTo(33);
    }

    private void assertSessionsAlive() {
        assertThat(a.all(IkeEvent.Closed.class)).isEmpty();
        assertThat(b.all(IkeEvent.Closed.class)).isEmpty();
        a.handle(new IkeInput.CheckLiveness(session(a)));
        b.handle(new IkeInput.CheckLiveness(session(b)));
        wire.settle();
        assertThat(a.all(IkeEvent.LivenessConfirmed.class)).isNotEmpty();
        assertThat(b.all(IkeEvent.LivenessConfirmed.class)).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eitherSideRekeysTheChildSa(boolean initiator) {
        establish(s -> s);
        int before = a.inbound.keySet().iterator().next();

        rekeyChild(initiator ? a : b);
        wire.settle();
        assertThat(a.inbound).hasSize(2);
        assertTraffic();
        wire.run(Duration.ofSeconds(40));

        assertThat(a.inbound).doesNotContainKey(before);
        assertOneChildAndTraffic();
        assertSessionsAlive();
    }

    @Test
    void theOldInboundSaOpensLatePacketsForHalfAMinute() {
        establish(s -> s);
        var old = a.sendingOn(session(a));

        rekeyChild(b);
        wire.settle();
        wire.run(Duration.ofSeconds(29));

        assertThat(a.sendPacketTo(b, old)).isPositive();
        wire.run(Duration.ofSeconds(2));
        assertThat(b.inbound).doesNotContainKey(old.outboundSpi());
    }

    @Test
    void theResponderStaysOnTheOldSaUntilThePeerHasMoved() {
        establish(s -> s);
        var old = b.sendingOn(session(b));
        wire.fate = m -> m.exchange() == ExchangeType.CREATE_CHILD_SA && m.isResponse() ? List.of() : List.of(m);

        rekeyChild(a);
        wire.settle();

        assertThat(b.inbound).hasSize(2);
        assertThat(b.sendingOn(session(b))).isSameAs(old);
        assertThat(b.sendPacketTo(a, old)).isPositive();
    }

    @Test
    void theAnswerWaitsForThePacketThreadsWhenAsked() {
        establish(s -> s.withAwaitPublication(true));
        wire.log.clear();

        rekeyChild(a);
        wire.settle();
        assertThat(wire.log).hasSize(1);
        b.handle(new IkeInput.ChildPublished(
                session(b), b.last(IkeEvent.ChildInstalled.class).child().inboundSpi()));
        wire.run(Duration.ofSeconds(40));

        assertOneChildAndTraffic();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bothRekeyTheChildSaAtOnceAndOneSuccessorIsLeft(boolean aFirst) {
        establish(s -> s);

        rekeyChild(aFirst ? a : b);
        rekeyChild(aFirst ? b : a);
        wire.settle();
        assertTraffic();
        wire.run(Duration.ofSeconds(60));

        assertOneChildAndTraffic();
        assertSessionsAlive();
    }

    @Test
    void aCollisionThatOneSideNoticesLateIsSettledToo() {
        establish(s -> s);
        List<TestWire.Message> late = new ArrayList<>();
        // b's request arrives only after a's own rekey is through (RFC 7296 section 2.8.1).
        wire.fate = m -> {
            boolean fromB = m.from().equals(new PeerRef.Direct(b.endpoint()));
            if (fromB && m.exchange() == ExchangeType.CREATE_CHILD_SA && !m.isResponse()) {
                late.add(m);
                return List.of();
            }
            return List.of(m);
        };

        rekeyChild(a);
        rekeyChild(b);
        wire.settle();
        wire.fate = List::of;
        late.forEach(wire::put);
        wire.settle();
        assertTraffic();
        wire.run(Duration.ofSeconds(60));

        assertOneChildAndTraffic();
        assertSessionsAlive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a hybrid", "b hybrid", "a classic", "b classic"})
    void eitherSideRekeysTheIkeSa(String variant) {
        establish(s -> s.withSuite(SuiteName.DEFAULT, variant.endsWith("hybrid")));

        rekeyIke(variant.startsWith("a") ? a : b);
        wire.run(Duration.ofSeconds(30));

        assertThat(a.only(IkeEvent.PathKeysChanged.class).keys())
                .isEqualTo(b.only(IkeEvent.PathKeysChanged.class).keys());
        assertSessionsAlive();
        rekeyChild(a);
        wire.run(Duration.ofSeconds(40));
        assertOneChildAndTraffic();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void bothRekeyTheIkeSaAtOnceAndOneIsLeft(boolean hybrid) {
        establish(s -> s.withSuite(SuiteName.DEFAULT, hybrid));

        rekeyIke(a);
        rekeyIke(b);
        wire.run(Duration.ofSeconds(30));

        assertThat(a.last(IkeEvent.PathKeysChanged.class).keys())
                .isEqualTo(b.last(IkeEvent.PathKeysChanged.class).keys());
        assertThat(a.last(IkeEvent.PathKeysChanged.class).initiator())
                .isNotEqualTo(b.last(IkeEvent.PathKeysChanged.class).initiator());
        assertSessionsAlive();
        rekeyChild(b);
        wire.run(Duration.ofSeconds(40));
        assertOneChildAndTraffic();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ike first", "child first"})
    void aChildRekeyThatMeetsAnIkeRekeyIsTriedAgain(String order) {
        establish(s -> s);

        if (order.equals("ike first")) {
            rekeyIke(a);
            rekeyChild(b);
        } else {
            rekeyChild(a);
            rekeyIke(b);
        }
        wire.run(Duration.ofSeconds(60));

        assertThat(a.all(IkeEvent.ChildInstalled.class)).hasSize(2);
        assertThat(a.all(IkeEvent.PathKeysChanged.class)).hasSize(1);
        assertOneChildAndTraffic();
        assertSessionsAlive();
    }

    @Test
    void lifetimesRekeyOnTheirOwn() {
        SaLifetime minute = new SaLifetime(1 << 20, 1 << 21, 1L << 40, 1L << 41, 60_000_000_000L, 120_000_000_000L);
        IkeTiming timing = new IkeTiming(500_000_000L, 4_000_000_000L, 6, 150_000_000_000L, 30_000_000_000L, 1);
        establish(s -> s.withChildLifetime(minute).withTiming(timing));

        wire.run(Duration.ofMinutes(10));

        assertThat(a.all(IkeEvent.ChildInstalled.class).size()).isBetween(8, 15);
        assertThat(a.all(IkeEvent.PathKeysChanged.class).size()).isBetween(3, 7);
        assertTraffic();
        assertSessionsAlive();
        assertThat(a.inbound.size()).isLessThanOrEqualTo(2);
    }

    @Test
    void deletesThatCrossLeaveNothing() {
        establish(s -> s);

        a.handle(new IkeInput.Close(session(a), "a is done"));
        b.handle(new IkeInput.Close(session(b), "b is done"));
        wire.run(Duration.ofSeconds(60));

        assertThat(a.all(IkeEvent.Closed.class)).hasSize(1);
        assertThat(b.all(IkeEvent.Closed.class)).hasSize(1);
        assertThat(a.takenSpis).isEmpty();
        assertThat(b.takenSpis).isEmpty();
        assertThat(a.ike.nextWakeupNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(b.ike.nextWakeupNs()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aSessionWhoseLastChildSaExpiredIsClosedSoThatANewOneCanStart() {
        SaLifetime brief = new SaLifetime(1 << 20, 1 << 21, 1L << 40, 1L << 41, 60_000_000_000L, 61_000_000_000L);
        establish(s -> s.withChildLifetime(brief));
        a.spisLeft = 0;
        b.spisLeft = 0;

        wire.run(Duration.ofSeconds(120));

        assertThat(a.only(IkeEvent.Closed.class).reason()).isIn("no Child SA is left", "deleted by the peer");
        assertThat(b.all(IkeEvent.Closed.class)).hasSize(1);
        assertThat(a.takenSpis).isEmpty();
    }
}
