// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.ExchangeType;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** RFC 5723: a client comes back to a gateway that has forgotten it, without a key exchange and without a signature. */
class ResumptionTest {

    private static final UnaryOperator<IkeSettings> CLIENT = s -> s.withExtensions(IkeExtensions.MESH.withResumption());

    private final TestWire wire = new TestWire();
    private TestMesh mesh = new TestMesh(SuiteName.DEFAULT);

    private static UnaryOperator<IkeSettings> gateway(int secret) {
        return s -> s.withExtensions(IkeExtensions.MESH.withTicketSecret(SecretBytes.owning(TestMesh.bytes(secret))));
    }

    private static IkeInput.Connect connect(TestNode to) {
        return new IkeInput.Connect(
                new PeerRef.Direct(to.endpoint()),
                TestMesh.nodeId(2),
                List.of(Cidr.host(TestMesh.address(1))),
                List.of(Cidr.host(TestMesh.address(2))));
    }

    /** A first session, and a gateway that has died since; the client knows. */
    private TestNode established(UnaryOperator<IkeSettings> settings) {
        TestNode client = wire.add(mesh, 1, s -> CLIENT.apply(settings.apply(s)));
        TestNode gateway = wire.add(mesh, 2, s -> gateway(7).apply(settings.apply(s)));
        client.handle(connect(gateway));
        wire.settle();
        long session = client.only(IkeEvent.Established.class).session();
        wire.fate = m -> List.of();
        client.handle(new IkeInput.Close(session, "silent"));
        wire.fate = List::of;
        wire.log.clear();
        return client;
    }

    private static void assertTraffic(TestNode a, TestNode b) {
        assertThat(a.sendPacketTo(b, a.last(IkeEvent.SendOn.class).child())).isEqualTo(33);
        assertThat(b.sendPacketTo(a, b.last(IkeEvent.SendOn.class).child())).isEqualTo(33);
    }

    @ParameterizedTest
    @EnumSource(SuiteName.class)
    void fourMessagesBringAClientBackToARestartedGateway(SuiteName suite) {
        mesh = new TestMesh(suite);
        TestNode client = established(s -> s.withSuite(suite, true));
        TestNode reborn = wire.add(mesh, 2, s -> gateway(7).apply(s.withSuite(suite, true)));

        client.handle(connect(reborn));
        wire.settle();

        assertThat(wire.log.getFirst().exchange()).isEqualTo(ExchangeType.IKE_SESSION_RESUME);
        assertThat(wire.log.getFirst().bytes().length).as("goes whole").isLessThanOrEqualTo(1232);
        assertThat(wire.log.stream().map(TestWire.Message::exchange).distinct())
                .containsExactly(ExchangeType.IKE_SESSION_RESUME, ExchangeType.IKE_AUTH);
        IkeEvent.Established again = reborn.only(IkeEvent.Established.class);
        assertThat(again.identity().node()).isEqualTo(TestMesh.nodeId(1));
        assertThat(again.ownPeer()).isTrue();
        assertThat(again.suite()).endsWith(" resumed");
        assertThat(client.all(IkeEvent.Established.class)).hasSize(2);
        assertThat(client.last(IkeEvent.Established.class).keys()).isEqualTo(again.keys());
        assertThat(reborn.all(IkeEvent.VerifyPeer.class))
                .as("revocation still counts")
                .hasSize(1);
        assertTraffic(client, reborn);
    }

    @Test
    void aResumedSessionGivesTheNextTicket() {
        TestNode client = established(s -> s);
        for (int i = 2; i < 5; i++) {
            TestNode reborn = wire.add(mesh, 2, gateway(7));
            client.handle(connect(reborn));
            wire.settle();
            assertThat(client.all(IkeEvent.Established.class)).hasSize(i);
            IkeEvent.Established up = client.last(IkeEvent.Established.class);
            assertThat(up.suite()).endsWith(" resumed");
            wire.fate = m -> List.of();
            client.handle(new IkeInput.Close(up.session(), "silent"));
            wire.fate = List::of;
        }
    }

    @Test
    void aResumedIkeSaIsRekeyedLikeAnyOther() {
        TestNode client = established(s -> s);
        TestNode reborn = wire.add(mesh, 2, gateway(7));
        client.handle(connect(reborn));
        wire.settle();

        client.handle(
                new IkeInput.RekeyIke(client.last(IkeEvent.Established.class).session()));
        wire.settle();

        assertThat(reborn.all(IkeEvent.PathKeysChanged.class)).hasSize(1);
        assertTraffic(client, reborn);
    }

    @Test
    void aGatewayWithAnotherSecretGetsAFullHandshake() {
        TestNode client = established(s -> s);
        TestNode other = wire.add(mesh, 2, gateway(8));

        client.handle(connect(other));
        wire.settle(); // the refusal is immediate

        assertThat(client.last(IkeEvent.Established.class).suite()).doesNotContain("resumed");
        assertTraffic(client, other);
    }

    @Test
    void aGatewayThatSaysNothingGetsAFullHandshake() {
        TestNode client = established(s -> s);
        TestNode older = wire.add(mesh, 2, s -> s);
        wire.fate = m -> m.exchange() == ExchangeType.IKE_SESSION_RESUME ? List.of() : List.of(m);

        client.handle(connect(older));
        wire.run(Duration.ofSeconds(2));

        assertThat(client.all(IkeEvent.Established.class)).hasSize(2);
        assertTraffic(client, older);
    }

    @Test
    void aGatewayWhoseAnswersAreLostIsNotWaitedForUntilItForgets() {
        TestNode client = established(s -> s);
        TestNode reborn = wire.add(mesh, 2, gateway(7));
        wire.fate = m -> m.exchange() == ExchangeType.IKE_SESSION_RESUME && m.isResponse() ? List.of() : List.of(m);

        client.handle(connect(reborn));
        wire.run(Duration.ofSeconds(3)); // its half-open IKE SA of the ticket lives for ten

        assertThat(reborn.only(IkeEvent.Established.class).suite()).doesNotEndWith(" resumed");
        assertTraffic(client, reborn);
    }

    @Test
    void aTicketIsGoodForEightHours() {
        TestNode client = established(s -> s);
        wire.run(Duration.ofHours(8));
        TestNode reborn = wire.add(mesh, 2, gateway(7));

        client.handle(connect(reborn));
        wire.settle();

        assertThat(reborn.only(IkeEvent.Established.class).suite()).doesNotContain("resumed");
    }

    @Test
    void aCertificateThatIsRefusedNowDoesNotComeBackByTicket() {
        TestNode client = established(s -> s);
        TestNode reborn = wire.add(mesh, 2, gateway(7));
        reborn.answersVerify = false;
        client.handle(connect(reborn));
        wire.settle();

        reborn.handle(
                new IkeInput.PeerRefused(reborn.only(IkeEvent.VerifyPeer.class).ticket(), "revoked"));
        wire.settle();

        assertThat(reborn.only(IkeEvent.Failed.class).reason()).contains("revoked");
        assertThat(reborn.all(IkeEvent.Established.class)).isEmpty();
        assertThat(reborn.takenSpis).isEmpty();
    }

    @Test
    void everyMessageOfAResumptionMayBeLostOrComeTwice() {
        TestNode client = established(s -> s);
        TestNode reborn = wire.add(mesh, 2, gateway(7));
        java.util.Set<Integer> seen = new java.util.HashSet<>();
        wire.fate = m -> m.exchange() == ExchangeType.IKE_AUTH && seen.add(java.util.Arrays.hashCode(m.bytes()))
                ? List.of()
                : List.of(m, m);

        client.handle(connect(reborn));
        wire.run(Duration.ofSeconds(20));

        assertThat(reborn.only(IkeEvent.Established.class).suite()).endsWith(" resumed");
        assertTraffic(client, reborn);
    }

    @Test
    void aChangedTicketIsRefused() {
        TestNode client = established(s -> s);
        TestNode reborn = wire.add(mesh, 2, gateway(7));
        wire.fate = m -> {
            if (m.exchange() == ExchangeType.IKE_SESSION_RESUME && !m.isResponse()) {
                byte[] bytes = m.bytes().clone();
                bytes[28 + 36 + 8 + 100] ^= 1;
                return List.of(new TestWire.Message(m.from(), m.to(), bytes));
            }
            return List.of(m);
        };

        client.handle(connect(reborn));
        wire.settle();

        assertThat(reborn.only(IkeEvent.Established.class).suite()).doesNotContain("resumed");
    }
}
