// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Delete;
import io.vpnmesh.ipsec.message.IkePayload.Nonce;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.IkePayload.SecurityAssociation;
import io.vpnmesh.ipsec.message.IkePayload.TrafficSelectors;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.PayloadType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.Proposal;
import io.vpnmesh.ipsec.message.Transform;
import io.vpnmesh.ipsec.message.TransformType;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an engine makes of requests that another implementation may send within an IKE SA: unusual, out of turn, wrong
 * (RFC 7296 sections 1.4, 2.1 to 2.5, 2.21, 2.25, 3).
 */
class RequestRulesTest {

    private static final int NOBODYS_SPI = 0x9999_9999;
    private static final int NOBODYS_TYPE = 250;

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();
    private final TestNode a = wire.add(mesh, 1, s -> s);
    private final TestNode b = wire.add(mesh, 2, s -> s);
    private Insider insider;

    @BeforeEach
    void establish() throws IllegalAccessException {
        wire.establish(b, a);
        insider = new Insider(wire, b, a);
    }

    private int childOfA() {
        assertThat(a.inbound).hasSize(1);
        return a.inbound.keySet().iterator().next();
    }

    private static List<TrafficSelector> host(int number) {
        return List.of(TrafficSelector.of(Cidr.host(TestMesh.address(number))));
    }

    /** What b would ask for to replace its Child SA. */
    private List<IkePayload> rekeyOf(int spiOfB) {
        byte[] fresh = ChildNegotiation.spiBytes(0x8123_4567);
        return new ArrayList<>(List.of(
                new Notify(
                        TransformType.PROTOCOL_ESP,
                        ChildNegotiation.spiBytes(spiOfB),
                        NotifyType.REKEY_SA,
                        new byte[0]),
                new SecurityAssociation(Proposals.esp(SuiteName.DEFAULT, true, fresh)),
                new Nonce(new byte[32]),
                new TrafficSelectors(true, host(2)),
                new TrafficSelectors(false, host(1))));
    }

    private int spiOfB() {
        return b.inbound.keySet().iterator().next();
    }

    // --- message ids and repetitions (sections 2.1 to 2.3) ---------------------------------------------------------

    @Test
    void aRepeatedRequestGetsTheVeryBytesOfItsAnswerAndIsDoneOnce() throws Exception {
        byte[] request = insider.seal(
                insider.header(ExchangeType.CREATE_CHILD_SA), rekeyOf(spiOfB()).toArray(IkePayload[]::new));

        List<byte[]> first = insider.deliver(request);
        List<byte[]> second = insider.deliver(request);

        assertThat(second).hasSize(1);
        assertThat(second.getFirst()).isEqualTo(first.getFirst());
        assertThat(a.inbound).hasSize(2);
        insider.answered(first);
        insider.assertAlive();
    }

    @ParameterizedTest
    @ValueSource(ints = {-2, 1, 2, Integer.MAX_VALUE})
    void aRequestOutsideTheWindowIsNotAnswered(int distance) throws Exception {
        insider.assertAlive();
        insider.assertAlive();
        IkeHeader next = insider.header(ExchangeType.INFORMATIONAL);
        IkeHeader other = new IkeHeader(
                next.initiatorSpi(),
                next.responderSpi(),
                0,
                next.version(),
                next.exchange(),
                next.flags(),
                next.messageId() + distance);

        assertThat(insider.deliver(insider.seal(other))).isEmpty();
        insider.assertAlive();
    }

    @Test
    void aResponseThatNobodyAskedForIsIgnored() throws Exception {
        IkeHeader next = insider.header(ExchangeType.INFORMATIONAL);
        IkeHeader response = withFlags(next, next.flags() | IkeHeader.FLAG_RESPONSE);

        assertThat(insider.deliver(insider.seal(
                        response,
                        new Notify(NotifyType.AUTHENTICATION_FAILED),
                        new Delete(TransformType.PROTOCOL_IKE, List.of()))))
                .isEmpty();
        insider.assertAlive();
    }

    @Test
    void whatIsSentAgainIsTheSameBitForBit() {
        wire.fate = m -> List.of();
        wire.log.clear();

        a.handle(new IkeInput.CheckLiveness(a.only(IkeEvent.Established.class).session()));
        wire.run(Duration.ofSeconds(5));

        assertThat(wire.log).hasSizeGreaterThan(2);
        assertThat(wire.log)
                .allSatisfy(
                        m -> assertThat(m.bytes()).isEqualTo(wire.log.getFirst().bytes()));
    }

    // --- what another version may bring (section 2.5) --------------------------------------------------------------

    @Test
    void anUnknownCriticalPayloadIsRefusedByItsTypeAndCostsTheRequestOnly() throws Exception {
        Payloads answer = insider.ask(
                ExchangeType.INFORMATIONAL,
                new Delete(TransformType.PROTOCOL_ESP, List.of(ChildNegotiation.spiBytes(spiOfB()))),
                new IkePayload.Unknown(NOBODYS_TYPE, true, new byte[5]));

        Notify refusal = answer.notify(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD).orElseThrow();
        assertThat(refusal.data()).containsExactly(NOBODYS_TYPE);
        assertThat(a.inbound).as("nothing of the request is done").hasSize(1);
        insider.assertAlive();
    }

    @Test
    void anUnknownPayloadThatIsNotCriticalIsSkipped() throws Exception {
        assertThat(insider.ask(ExchangeType.INFORMATIONAL, new IkePayload.Unknown(NOBODYS_TYPE, false, new byte[5]))
                        .all())
                .isEmpty();
        insider.assertAlive();
    }

    @Test
    void payloadsMayComeInAnyOrder() throws Exception {
        List<IkePayload> backwards = rekeyOf(spiOfB());
        Collections.reverse(backwards);

        Payloads answer = insider.ask(ExchangeType.CREATE_CHILD_SA, backwards.toArray(IkePayload[]::new));

        assertThat(answer.error()).isEmpty();
        assertThat(answer.first(SecurityAssociation.class)).isPresent();
        assertThat(a.inbound).hasSize(2);
    }

    @Test
    void unknownStatusNotifiesAndVendorIdsAreIgnored() throws Exception {
        assertThat(insider.ask(
                                ExchangeType.INFORMATIONAL,
                                new Notify(30_000, new byte[] {1}),
                                new IkePayload.VendorId(new byte[16]))
                        .all())
                .isEmpty();
        insider.assertAlive();
    }

    @ParameterizedTest
    @ValueSource(ints = {0x01, 0x02, 0x04, 0x10, 0x40, 0x80})
    void reservedFlagsAndTheVersionFlagAreIgnored(int flag) throws Exception {
        IkeHeader next = insider.header(ExchangeType.INFORMATIONAL);

        assertThat(insider.answered(insider.deliver(insider.seal(withFlags(next, next.flags() | flag))))
                        .all())
                .isEmpty();
    }

    @Test
    void aHigherMinorVersionIsAnsweredAndAHigherMajorVersionIsDropped() throws Exception {
        IkeHeader next = insider.header(ExchangeType.INFORMATIONAL);

        assertThat(insider.deliver(insider.seal(withVersion(next, 0x30)))).isEmpty();
        assertThat(insider.answered(insider.deliver(insider.seal(withVersion(next, 0x21))))
                        .all())
                .isEmpty();
    }

    // --- errors (section 2.21) -------------------------------------------------------------------------------------

    @Test
    void aRequestWhoseInsideIsMalformedEndsTheSession() throws Exception {
        byte[] broken =
                insider.seal(insider.header(ExchangeType.INFORMATIONAL), PayloadType.NOTIFY, new byte[] {0, 0, 0});

        assertThat(insider.answered(insider.deliver(broken)).has(NotifyType.INVALID_SYNTAX))
                .isTrue();
        assertThat(a.all(IkeEvent.Closed.class)).hasSize(1);
        assertThat(a.inbound).isEmpty();
    }

    @Test
    void anExchangeThatNobodyKnowsIsInvalidSyntax() throws Exception {
        assertThat(insider.ask(NOBODYS_TYPE).has(NotifyType.INVALID_SYNTAX)).isTrue();
    }

    @Test
    void whatIsSaidInTheClearChangesNothing() throws Exception {
        for (IkePayload payload : List.of(
                new Notify(NotifyType.AUTHENTICATION_FAILED),
                new Notify(NotifyType.INVALID_SYNTAX),
                new Notify(NotifyType.INVALID_IKE_SPI),
                new Delete(TransformType.PROTOCOL_IKE, List.of()))) {
            for (int flags : new int[] {0, IkeHeader.FLAG_RESPONSE}) {
                IkeHeader next = insider.header(ExchangeType.INFORMATIONAL);
                IkeHeader clear = withFlags(next, next.flags() | flags);

                assertThat(insider.deliver(IkeMessageCodec.encode(clear, Payloads.of(payload))))
                        .isEmpty();
            }
        }
        insider.assertAlive();
    }

    @Test
    void aDamagedMessageIsNotAnswered() throws Exception {
        byte[] good = insider.seal(insider.header(ExchangeType.INFORMATIONAL), new Notify(30_000));
        for (int i = IkeHeader.LENGTH; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            assertThat(insider.deliver(bad)).as("byte %d", i).isEmpty();
        }
        insider.assertAlive();
    }

    // --- Child SAs (sections 1.3, 1.4.1, 2.9, 2.25) ----------------------------------------------------------------

    @Test
    void aDeleteIsAnsweredWithTheOtherDirection() throws Exception {
        int ofA = childOfA();

        Payloads answer = insider.ask(
                ExchangeType.INFORMATIONAL,
                new Delete(TransformType.PROTOCOL_ESP, List.of(ChildNegotiation.spiBytes(spiOfB()))));

        Delete reply = answer.first(Delete.class).orElseThrow();
        assertThat(reply.protocol()).isEqualTo(TransformType.PROTOCOL_ESP);
        assertThat(reply.spis()).hasSize(1);
        assertThat(reply.spis().getFirst()).isEqualTo(ChildNegotiation.spiBytes(ofA));
        assertThat(a.inbound).doesNotContainKey(ofA);
    }

    @Test
    void aDeleteOfAnSaThatIsNotThereIsAnsweredWithoutOne() throws Exception {
        Payloads answer = insider.ask(
                ExchangeType.INFORMATIONAL,
                new Delete(TransformType.PROTOCOL_ESP, List.of(ChildNegotiation.spiBytes(NOBODYS_SPI))));

        assertThat(answer.all()).isEmpty();
        assertThat(a.inbound).hasSize(1);
        insider.assertAlive();
    }

    @Test
    void aRekeyOfAnSaThatIsNotThereIsChildSaNotFoundWithItsSpi() throws Exception {
        Payloads answer =
                insider.ask(ExchangeType.CREATE_CHILD_SA, rekeyOf(NOBODYS_SPI).toArray(IkePayload[]::new));

        Notify refusal = answer.notify(NotifyType.CHILD_SA_NOT_FOUND).orElseThrow();
        assertThat(refusal.protocol()).isEqualTo(TransformType.PROTOCOL_ESP);
        assertThat(refusal.spi()).isEqualTo(ChildNegotiation.spiBytes(NOBODYS_SPI));
        insider.assertAlive();
    }

    @Test
    void aChildSaIsATemporaryFailureWhileTheIkeSaIsReplaced() throws Exception {
        wire.fate = m -> List.of();
        a.handle(new IkeInput.RekeyIke(a.only(IkeEvent.Established.class).session()));

        Payloads answer =
                insider.ask(ExchangeType.CREATE_CHILD_SA, rekeyOf(spiOfB()).toArray(IkePayload[]::new));

        assertThat(answer.has(NotifyType.TEMPORARY_FAILURE)).isTrue();
        assertThat(a.inbound).hasSize(1);
    }

    @Test
    void selectorsWithNothingInCommonAreUnacceptable() throws Exception {
        List<IkePayload> request = rekeyOf(spiOfB());
        request.set(4, new TrafficSelectors(false, host(77)));

        Payloads answer = insider.ask(ExchangeType.CREATE_CHILD_SA, request.toArray(IkePayload[]::new));

        assertThat(answer.has(NotifyType.TS_UNACCEPTABLE)).isTrue();
        assertThat(a.inbound).hasSize(1);
        insider.assertAlive();
    }

    @Test
    void widerSelectorsAreNarrowedToWhatBothMay() throws Exception {
        List<IkePayload> request = rekeyOf(spiOfB());
        request.set(3, new TrafficSelectors(true, List.of(TrafficSelector.of(Cidr.parse("0.0.0.0/0")))));
        request.set(4, new TrafficSelectors(false, List.of(TrafficSelector.of(Cidr.parse("10.0.0.0/8")))));

        Payloads answer = insider.ask(ExchangeType.CREATE_CHILD_SA, request.toArray(IkePayload[]::new));

        assertThat(answer.selectors(true).orElseThrow().selectors()).isEqualTo(host(2));
        assertThat(answer.selectors(false).orElseThrow().selectors()).isEqualTo(host(1));
    }

    @Test
    void aProposalWithoutCommonGroundIsNoProposalChosen() throws Exception {
        List<IkePayload> request = rekeyOf(spiOfB());
        request.set(
                1,
                new SecurityAssociation(List.of(new Proposal(
                        1,
                        TransformType.PROTOCOL_ESP,
                        new byte[] {(byte) 0x81, 0, 0, 1},
                        List.of(
                                new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 192),
                                new Transform(TransformType.ESN, TransformType.ESN_ON))))));

        Payloads answer = insider.ask(ExchangeType.CREATE_CHILD_SA, request.toArray(IkePayload[]::new));

        assertThat(answer.has(NotifyType.NO_PROPOSAL_CHOSEN)).isTrue();
        assertThat(a.inbound).hasSize(1);
        insider.assertAlive();
    }

    @Test
    void withoutAnSpiThereAreNoAdditionalSas() throws Exception {
        a.spisLeft = 0;

        Payloads answer =
                insider.ask(ExchangeType.CREATE_CHILD_SA, rekeyOf(spiOfB()).toArray(IkePayload[]::new));

        assertThat(answer.has(NotifyType.NO_ADDITIONAL_SAS)).isTrue();
        insider.assertAlive();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 257})
    void aNonceOfAnotherLengthThanTheRfcAllowsIsInvalidSyntax(int length) throws Exception {
        List<IkePayload> request = rekeyOf(spiOfB());
        request.set(2, new Nonce(new byte[length]));

        Payloads answer = insider.ask(ExchangeType.CREATE_CHILD_SA, request.toArray(IkePayload[]::new));

        assertThat(answer.has(NotifyType.INVALID_SYNTAX)).isTrue();
        assertThat(a.all(IkeEvent.Closed.class)).hasSize(1);
    }

    private static IkeHeader withFlags(IkeHeader header, int flags) {
        return new IkeHeader(
                header.initiatorSpi(),
                header.responderSpi(),
                0,
                header.version(),
                header.exchange(),
                flags,
                header.messageId());
    }

    private static IkeHeader withVersion(IkeHeader header, int version) {
        return new IkeHeader(
                header.initiatorSpi(),
                header.responderSpi(),
                0,
                version,
                header.exchange(),
                header.flags(),
                header.messageId());
    }
}
