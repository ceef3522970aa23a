// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.KeyExchange;
import io.vpnmesh.ipsec.message.IkePayload.Nonce;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.IkePayload.SecurityAssociation;
import io.vpnmesh.ipsec.message.IkePayload.TrafficSelectors;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.Proposal;
import io.vpnmesh.ipsec.message.Transform;
import io.vpnmesh.ipsec.message.TransformType;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What an engine makes of answers to its own requests that another implementation may give, and of key exchanges that do
 * not fit (RFC 7296 sections 1.3, 2.7, 2.9, 3.10.1, RFC 9370 section 2.2.4).
 */
class AnswerRulesTest {

    private static final byte[] SPI = {(byte) 0x81, 0, 0, 1};

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();
    private final TestNode a = wire.add(mesh, 1, s -> s);
    private final TestNode b = wire.add(mesh, 2, s -> s);
    private Insider insider;
    private int before;

    @BeforeEach
    void establish() throws IllegalAccessException {
        wire.establish(b, a);
        insider = new Insider(wire, b, a);
        before = a.inbound.keySet().iterator().next();
        wire.fate = m -> List.of();
    }

    /** Has a ask for a new Child SA. */
    private byte[] askedByA() {
        wire.log.clear();
        a.handle(new IkeInput.RekeyChild(a.only(IkeEvent.Established.class).session(), before));
        assertThat(wire.log).hasSize(1);
        return wire.log.getFirst().bytes();
    }

    private static List<TrafficSelector> host(int number) {
        return List.of(TrafficSelector.of(Cidr.host(TestMesh.address(number))));
    }

    private static IkePayload accepting(Transform... transforms) {
        return new SecurityAssociation(List.of(new Proposal(1, TransformType.PROTOCOL_ESP, SPI, List.of(transforms))));
    }

    private static final Transform GCM = new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 256);
    private static final Transform ESN = new Transform(TransformType.ESN, TransformType.ESN_ON);

    private void assertNothingHasChanged() throws Exception {
        assertThat(a.inbound.keySet()).containsExactly(before);
        assertThat(a.takenSpis).as("the new SPI is free again").containsExactly(before);
        insider.assertAlive();
    }

    @Test
    void aFittingAnswerMakesTheSa() throws Exception {
        byte[] request = askedByA();
        assertThat(insider.opened(request).has(NotifyType.REKEY_SA)).isTrue();

        insider.answer(
                request,
                accepting(GCM, ESN),
                new Nonce(new byte[32]),
                new TrafficSelectors(true, host(1)),
                new TrafficSelectors(false, host(2)));

        assertThat(a.inbound).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 99, 8192, 16383})
    void anErrorOfAnyTypeFailsTheRequestAndNothingElse(int error) throws Exception {
        insider.answer(askedByA(), new Notify(error));

        assertNothingHasChanged();
    }

    @Test
    void aTransformThatWasNotOfferedIsRefused() throws Exception {
        insider.answer(
                askedByA(),
                accepting(new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 128), ESN),
                new Nonce(new byte[32]),
                new TrafficSelectors(true, host(1)),
                new TrafficSelectors(false, host(2)));

        assertNothingHasChanged();
    }

    @Test
    void twoTransformsOfOneTypeAreNoChoice() throws Exception {
        insider.answer(
                askedByA(),
                accepting(GCM, new Transform(TransformType.ENCR, TransformType.ENCR_CHACHA20_POLY1305), ESN),
                new Nonce(new byte[32]),
                new TrafficSelectors(true, host(1)),
                new TrafficSelectors(false, host(2)));

        assertNothingHasChanged();
    }

    @Test
    void selectorsBeyondThoseOfferedAreRefused() throws Exception {
        insider.answer(
                askedByA(),
                accepting(GCM, ESN),
                new Nonce(new byte[32]),
                new TrafficSelectors(true, host(1)),
                new TrafficSelectors(false, List.of(TrafficSelector.of(Cidr.parse("0.0.0.0/0")))));

        assertNothingHasChanged();
    }

    @Test
    void anAnswerWithoutANonceIsRefused() throws Exception {
        insider.answer(
                askedByA(),
                accepting(GCM, ESN),
                new TrafficSelectors(true, host(1)),
                new TrafficSelectors(false, host(2)));

        assertNothingHasChanged();
    }

    @Test
    void aKeyExchangeOfAnotherGroupIsInvalidKeWithTheGroupThatIsWanted() throws Exception {
        Payloads answer = insider.ask(
                ExchangeType.CREATE_CHILD_SA,
                new Notify(
                        TransformType.PROTOCOL_ESP,
                        ChildNegotiation.spiBytes(b.inbound.keySet().iterator().next()),
                        NotifyType.REKEY_SA,
                        new byte[0]),
                new SecurityAssociation(List.of(new Proposal(
                        1,
                        TransformType.PROTOCOL_ESP,
                        SPI,
                        List.of(GCM, ESN, new Transform(TransformType.KE, TransformType.KE_X25519))))),
                new Nonce(new byte[32]),
                new KeyExchange(TransformType.KE_SECP256R1, new byte[64]),
                new TrafficSelectors(true, host(2)),
                new TrafficSelectors(false, host(1)));

        Notify refusal = answer.notify(NotifyType.INVALID_KE_PAYLOAD).orElseThrow();
        assertThat(refusal.data()).containsExactly(0, TransformType.KE_X25519);
        assertNothingHasChanged();
    }

    @Test
    void aFollowUpOfNothingIsStateNotFound() throws Exception {
        Payloads answer = insider.ask(
                ExchangeType.IKE_FOLLOWUP_KE,
                new KeyExchange(TransformType.KE_X25519, new byte[32]),
                new Notify(NotifyType.ADDITIONAL_KEY_EXCHANGE, new byte[16]));

        assertThat(answer.has(NotifyType.STATE_NOT_FOUND)).isTrue();
        assertNothingHasChanged();
    }
}
