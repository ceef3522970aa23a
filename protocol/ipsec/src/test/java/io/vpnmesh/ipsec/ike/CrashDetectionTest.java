// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.PayloadType;
import io.vpnmesh.ipsec.message.Payloads;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 6290, and INVALID_SPI of RFC 7296 section 1.5. */
class CrashDetectionTest {

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();
    private TestNode a = wire.add(mesh, 1, s -> s);
    private TestNode b = wire.add(mesh, 2, s -> s);

    private static UnaryOperator<IkeSettings> secret(int value) {
        return s -> s.withExtensions(IkeExtensions.MESH.withCrashSecret(SecretBytes.owning(TestMesh.bytes(value))));
    }

    private void establish() {
        a = wire.add(mesh, 1, secret(1));
        b = wire.add(mesh, 2, secret(2));
        wire.establish(a, b);
    }

    private static long session(TestNode node) {
        return node.all(IkeEvent.Established.class).getFirst().session();
    }

    private void check(TestNode node) {
        node.handle(new IkeInput.CheckLiveness(session(node)));
        wire.settle();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPeerThatHasForgottenTheSaEndsItWithItsToken(boolean initiatorCrashes) {
        establish();
        TestNode survivor = initiatorCrashes ? b : a;
        int crashed = initiatorCrashes ? 1 : 2;
        wire.add(mesh, crashed, secret(crashed)); // the same secret, and no memory

        check(survivor); // no time passes

        assertThat(survivor.only(IkeEvent.Closed.class).reason()).isEqualTo("the peer has lost its state");
        assertThat(survivor.takenSpis).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theTokenFollowsARekeyOfTheIkeSa(boolean initiatorRekeys) {
        establish();
        TestNode rekeying = initiatorRekeys ? a : b;
        rekeying.handle(new IkeInput.RekeyIke(session(rekeying)));
        wire.settle();
        for (TestNode survivor : List.of(a, b)) {
            assertThat(survivor.all(IkeEvent.PathKeysChanged.class)).hasSize(1);
        }
        wire.add(mesh, 2, secret(2));

        check(a);

        assertThat(a.only(IkeEvent.Closed.class).reason()).isEqualTo("the peer has lost its state");
    }

    @Test
    void theRespondersTokenFollowsARekeyToo() {
        establish();
        a.handle(new IkeInput.RekeyIke(session(a)));
        wire.settle();
        wire.add(mesh, 1, secret(1));

        check(b);

        assertThat(b.only(IkeEvent.Closed.class).reason()).isEqualTo("the peer has lost its state");
    }

    @Test
    void anotherSecretProvesNothing() {
        establish();
        wire.add(mesh, 2, secret(3));

        check(a);

        assertThat(a.all(IkeEvent.Closed.class)).isEmpty();
        wire.run(Duration.ofSeconds(40));
        assertThat(a.only(IkeEvent.Closed.class).reason()).contains("does not answer");
    }

    @Test
    void aLiveSaIsNeverDisownedUnderEitherOfItsSpis() {
        establish();
        byte[] sample = wire.log.getLast().bytes();
        long spiI = spiOf(sample, 0);
        long spiR = spiOf(sample, 8);
        wire.log.clear();

        for (long[] spis : new long[][] {{spiI, spiR}, {spiR, spiI}}) {
            for (int flags : new int[] {0, IkeHeader.FLAG_INITIATOR}) {
                byte[] forged = IkeMessageCodec.encode(
                        new IkeHeader(spis[0], spis[1], 0, IkeHeader.VERSION_2_0, 37, flags, 9), Payloads.of());
                forged[16] = PayloadType.SK;
                for (TestNode node : List.of(a, b)) {
                    node.handle(new IkeInput.Received(
                            new PeerRef.Direct(Endpoint.parse("198.51.100.9:4500")), node.endpoint(), forged.clone()));
                }
            }
        }

        assertThat(wire.log).isEmpty();
    }

    private static long spiOf(byte[] message, int at) {
        return java.nio.ByteBuffer.wrap(message).getLong(at);
    }

    @Test
    void theAnswerIsNotProtectedAndHardlyLongerThanTheQuestion() throws MalformedException {
        establish();
        wire.add(mesh, 2, secret(2));
        wire.log.clear();

        check(a);

        byte[] question = wire.log.get(0).bytes();
        byte[] answer = wire.log.get(1).bytes();
        IkeHeader header = IkeHeader.decode(answer);
        Payloads payloads = IkeMessageCodec.decode(answer, header);
        assertThat(header.isResponse()).isTrue();
        assertThat(header.messageId()).isEqualTo(IkeHeader.decode(question).messageId());
        assertThat(payloads.has(NotifyType.INVALID_IKE_SPI)).isTrue();
        var token = payloads.notify(NotifyType.QUICK_CRASH_DETECTION).orElseThrow();
        assertThat(token.protocol()).isEqualTo(1);
        assertThat(token.spi()).isEmpty();
        assertThat(token.data()).hasSize(16);
        assertThat(answer.length).isLessThanOrEqualTo(question.length + 4);
    }

    /** The example of docs/wire.md. */
    @Test
    void aTokenIsAFunctionOfSecretAndSpis() {
        CrashTokens tokens = new CrashTokens(
                new io.vpnmesh.core.crypto.JdkCrypto(),
                SecretBytes.owning(
                        HexFormat.of().parseHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")));

        var notify = tokens.offer(0x0102030405060708L, 0x1112131415161718L).getFirst();

        assertThat(HexFormat.of().formatHex(notify.data())).isEqualTo("9a6febdfe9895bd427b0df5f6c513205");
    }

    @Test
    void anUnknownEspSpiIsAReasonToAskAndNothingMore() {
        establish();
        int lost = a.sendingOn(session(a)).outboundSpi();

        b.handle(new IkeInput.UnknownSpi(new PeerRef.Direct(a.endpoint()), b.endpoint(), lost));
        wire.settle();

        assertThat(a.all(IkeEvent.LivenessConfirmed.class)).hasSize(1);
        assertThat(a.all(IkeEvent.Closed.class)).isEmpty();
    }

    @Test
    void aRestartedPeerThatGetsOldEspIsLeftAtOnce() {
        establish();
        int lost = a.sendingOn(session(a)).outboundSpi();
        TestNode reborn = wire.add(mesh, 2, secret(2));

        reborn.handle(new IkeInput.UnknownSpi(new PeerRef.Direct(a.endpoint()), reborn.endpoint(), lost));
        wire.settle();

        assertThat(a.only(IkeEvent.Closed.class).reason()).isEqualTo("the peer has lost its state");
    }

    @Test
    void complaintsAreFew() {
        establish();
        wire.log.clear();
        for (int i = 0; i < 1000; i++) {
            b.handle(new IkeInput.UnknownSpi(new PeerRef.Direct(a.endpoint()), b.endpoint(), i));
        }

        assertThat(wire.log.size()).isBetween(1, 20);
    }

    @Test
    void forgedComplaintsCostOneQuestionInTwoSeconds() {
        establish();
        int lost = a.sendingOn(session(a)).outboundSpi();
        byte[] forged = OneWay.invalidSpi(lost);
        wire.log.clear();

        for (int i = 0; i < 100; i++) {
            a.handle(new IkeInput.Received(new PeerRef.Direct(b.endpoint()), a.endpoint(), forged.clone()));
        }
        wire.settle();

        assertThat(wire.log).hasSize(2); // a question and its answer
    }
}
