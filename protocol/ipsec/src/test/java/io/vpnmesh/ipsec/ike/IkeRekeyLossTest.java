// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.ExchangeType;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The IKE SA is replaced while messages of one kind are lost for long: one IKE SA is left, on both sides the same. */
class IkeRekeyLossTest {

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();
    private final TestNode a = wire.add(mesh, 1, IkeRekeyLossTest::classicWithoutExtensions);
    private final TestNode b = wire.add(mesh, 2, IkeRekeyLossTest::classicWithoutExtensions);

    private static IkeSettings classicWithoutExtensions(IkeSettings settings) {
        return settings.withSuite(SuiteName.DEFAULT, false).withExtensions(IkeExtensions.NONE);
    }

    private static long session(TestNode node) {
        return node.only(IkeEvent.Established.class).session();
    }

    private void lose(Predicate<TestWire.Message> lost) {
        wire.fate = m -> lost.test(m) ? List.of() : List.of(m);
    }

    private static boolean isFrom(TestNode node, TestWire.Message message) {
        return message.from().equals(new PeerRef.Direct(node.endpoint()));
    }

    private static boolean isAnswer(TestWire.Message message, int exchange) {
        return message.exchange() == exchange && message.isResponse();
    }

    private static long initiatorSpi(TestWire.Message message) {
        return ByteBuffer.wrap(message.bytes()).getLong();
    }

    private void assertOneIkeSaAndLife() {
        assertThat(a.all(IkeEvent.Closed.class)).isEmpty();
        assertThat(b.all(IkeEvent.Closed.class)).isEmpty();
        assertThat(a.last(IkeEvent.PathKeysChanged.class).keys())
                .isEqualTo(b.last(IkeEvent.PathKeysChanged.class).keys());
        assertThat(a.ike.ikeSas()).isEqualTo(1);
        assertThat(b.ike.ikeSas()).isEqualTo(1);
        a.handle(new IkeInput.CheckLiveness(session(a)));
        b.handle(new IkeInput.CheckLiveness(session(b)));
        wire.settle();
        assertThat(a.all(IkeEvent.LivenessConfirmed.class)).isNotEmpty();
        assertThat(b.all(IkeEvent.LivenessConfirmed.class)).isNotEmpty();
        assertThat(a.sendPacketTo(b, a.sendingOn(session(a)))).isPositive();
    }

    @Test
    void aPeerThatNeverDeletesTheReplacedIkeSaIsNotWaitedForBehindARequest() {
        wire.establish(a, b);
        long old = initiatorSpi(wire.log.getFirst());
        lose(m -> isFrom(a, m) && m.exchange() == ExchangeType.INFORMATIONAL && initiatorSpi(m) == old);

        b.handle(new IkeInput.CheckLiveness(session(b)));
        a.handle(new IkeInput.RekeyIke(session(a)));
        wire.run(Duration.ofSeconds(12));
        lose(m -> isFrom(a, m)
                && m.exchange() == ExchangeType.INFORMATIONAL
                && !m.isResponse()
                && initiatorSpi(m) == old);
        wire.run(Duration.ofSeconds(60));

        assertOneIkeSaAndLife();
    }

    @Test
    void theReplacedIkeSaIsThereForAsLongAsThePeerMayAskForItsAnswer() {
        wire.establish(a, b);
        lose(m -> isAnswer(m, ExchangeType.CREATE_CHILD_SA));

        a.handle(new IkeInput.RekeyIke(session(a)));
        wire.run(Duration.ofMillis(15_400));
        wire.fate = List::of;
        wire.run(Duration.ofSeconds(60));

        assertOneIkeSaAndLife();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theRedundantIkeSaGoesWhenItsMakerNeverLearntOfIt(boolean ofA) {
        wire.establish(a, b);
        TestNode ignorant = ofA ? a : b;
        TestNode other = ofA ? b : a;
        lose(m -> isFrom(other, m) && isAnswer(m, ExchangeType.CREATE_CHILD_SA));

        a.handle(new IkeInput.RekeyIke(session(a)));
        b.handle(new IkeInput.RekeyIke(session(b)));
        wire.run(Duration.ofSeconds(5));
        wire.fate = List::of;
        wire.run(Duration.ofSeconds(90));

        assertThat(ignorant.all(IkeEvent.PathKeysChanged.class)).hasSize(1);
        assertOneIkeSaAndLife();
    }

    @Test
    void aQuestionDoesNotWaitForADeleteThatDoesNotArrive() {
        wire.establish(a, b);
        lose(m -> isFrom(a, m) && m.exchange() == ExchangeType.INFORMATIONAL && !m.isResponse());

        a.handle(new IkeInput.RekeyIke(session(a)));
        wire.settle(); // a deletes the old IKE SA where b was before a NAT moved it
        b.handle(new IkeInput.CheckLiveness(session(b)));
        wire.settle();

        assertThat(b.all(IkeEvent.LivenessConfirmed.class)).hasSize(1);
        wire.fate = List::of;
        wire.run(Duration.ofSeconds(60));
        assertOneIkeSaAndLife();
    }

    @Test
    void aRequestThatDiesWithItsIkeSaGoesOverTheNextOne() {
        wire.establish(a, b);
        lose(m -> isFrom(b, m) && m.exchange() == ExchangeType.INFORMATIONAL && !m.isResponse());

        b.handle(new IkeInput.CheckLiveness(session(b)));
        a.handle(new IkeInput.RekeyIke(session(a)));
        wire.settle(); // with the Delete of a the question of b has lost its IKE SA
        wire.fate = List::of;
        wire.run(Duration.ofSeconds(2));

        assertThat(b.all(IkeEvent.LivenessConfirmed.class)).hasSize(1);
        assertOneIkeSaAndLife();
    }
}
