// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.ExchangeType;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of a session reaches the peer at once, whatever is under way. */
class GoodbyeTest {

    private static final UnaryOperator<IkeSettings> FOREIGN = s -> s.withExtensions(IkeExtensions.NONE);

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

    private void assertNothingIsLeft() {
        assertThat(a.only(IkeEvent.Closed.class).reason()).isEqualTo("idle");
        assertThat(b.only(IkeEvent.Closed.class).reason()).isEqualTo("deleted by the peer");
        assertThat(a.takenSpis).isEmpty();
        assertThat(b.takenSpis).isEmpty();
        assertThat(a.ike.nextWakeupNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(b.ike.nextWakeupNs()).isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDeleteDoesNotWaitBehindARequestWhoseRequestOrAnswerWasLost(boolean requestLost) {
        establish(s -> s);
        wire.fate = m ->
                m.exchange() == ExchangeType.INFORMATIONAL && m.isResponse() != requestLost ? List.of() : List.of(m);
        a.handle(new IkeInput.CheckLiveness(session(a)));
        wire.settle();
        wire.fate = List::of;

        a.handle(new IkeInput.Close(session(a), "idle"));
        wire.settle(); // no time passes

        assertNothingIsLeft();
    }

    @Test
    void aLostDeleteIsRepeatedTogetherWithWhatItHasOvertaken() {
        establish(s -> s);
        wire.fate = m -> List.of();
        a.handle(new IkeInput.CheckLiveness(session(a)));
        a.handle(new IkeInput.Close(session(a), "idle"));
        wire.settle();
        wire.fate = List::of;

        wire.run(Duration.ofMillis(600));

        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRekeyOfTheIkeSaUnderWayLeavesNoSuccessorBehind(boolean closerRekeys) {
        establish(s -> s);
        TestNode rekeying = closerRekeys ? a : b;
        wire.fate = m -> m.exchange() == ExchangeType.IKE_FOLLOWUP_KE && m.isResponse() ? List.of() : List.of(m);
        rekeying.handle(new IkeInput.RekeyIke(session(rekeying)));
        wire.settle();

        a.handle(new IkeInput.Close(session(a), "idle"));
        wire.settle();
        wire.fate = List::of;
        wire.run(Duration.ofSeconds(2));

        assertThat(b.only(IkeEvent.Closed.class).reason()).isEqualTo("deleted by the peer");
        assertThat(a.takenSpis).isEmpty();
        // A successor that the peer never came to know is given up like any IKE SA that nobody answers for.
        wire.run(Duration.ofSeconds(30));
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDeleteDoesNotWaitBehindOurOwnRekeyOfTheIkeSa(boolean hybrid) {
        establish(s -> s.withSuite(SuiteName.DEFAULT, hybrid));
        wire.fate = m -> m.exchange() == ExchangeType.CREATE_CHILD_SA && m.isResponse() ? List.of() : List.of(m);
        a.handle(new IkeInput.RekeyIke(session(a)));
        wire.settle();

        a.handle(new IkeInput.Close(session(a), "idle"));
        wire.settle(); // no time passes

        assertNothingIsLeft();
        assertThat(a.ike.ikeSas() + b.ike.ikeSas()).isZero();
    }

    @Test
    void whatAForeignPeerHasMadeInTheMeantimeIsDeletedToo() {
        establish(s -> FOREIGN.apply(s).withSuite(SuiteName.DEFAULT, false));
        wire.fate = m -> m.exchange() == ExchangeType.CREATE_CHILD_SA && m.isResponse() ? List.of() : List.of(m);
        a.handle(new IkeInput.RekeyIke(session(a)));
        a.handle(new IkeInput.Close(session(a), "idle"));
        wire.run(Duration.ofMillis(1_900));
        wire.fate = List::of;

        wire.run(Duration.ofMillis(200)); // both requests go out together, and both are answered

        assertNothingIsLeft();
        assertThat(a.ike.ikeSas() + b.ike.ikeSas()).isZero();
    }

    @Test
    void anIkeSaThatThePeerHasMadeAndNeverLearntOfDoesNotTakeOverFromAClosedOne() {
        establish(s -> FOREIGN.apply(s).withSuite(SuiteName.DEFAULT, false));
        wire.fate = m -> m.exchange() == ExchangeType.CREATE_CHILD_SA && m.isResponse() ? List.of() : List.of(m);
        b.handle(new IkeInput.RekeyIke(session(b)));
        wire.settle();
        a.handle(new IkeInput.Close(session(a), "idle")); // b confirms it for the old IKE SA alone
        wire.settle();

        wire.run(Duration.ofSeconds(15));
        a.handle(new IkeInput.MovePeer(session(a), new PeerRef.Direct(b.endpoint()))); // the other Delete goes on
        wire.run(Duration.ofSeconds(60));

        assertNothingIsLeft();
        assertThat(a.all(IkeEvent.PathKeysChanged.class)).isEmpty();
    }

    @Test
    void aForeignPeerHasTwoSecondsToAnswerFirst() {
        establish(FOREIGN);
        wire.fate = m -> m.exchange() == ExchangeType.INFORMATIONAL && m.isResponse() ? List.of() : List.of(m);
        a.handle(new IkeInput.CheckLiveness(session(a)));
        wire.settle();

        a.handle(new IkeInput.Close(session(a), "idle"));
        wire.run(Duration.ofMillis(1_900));
        assertThat(b.all(IkeEvent.Closed.class)).isEmpty();
        wire.run(Duration.ofMillis(200));

        assertThat(b.only(IkeEvent.Closed.class).reason()).isEqualTo("deleted by the peer");
    }

    @Test
    void aForeignPeerThatAnswersGetsTheDeleteAtOnce() {
        establish(FOREIGN);

        a.handle(new IkeInput.CheckLiveness(session(a)));
        a.handle(new IkeInput.Close(session(a), "idle"));
        wire.settle();

        assertNothingIsLeft();
    }
}
