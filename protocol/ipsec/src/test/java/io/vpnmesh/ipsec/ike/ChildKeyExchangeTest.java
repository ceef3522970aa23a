// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Child SAs with key exchanges of their own, which foreign peers may want (RFC 7296 section 1.3.3, RFC 9370 section 2.2.4):
 * what we offer, what may come of it, and what a peer cannot do to us. a is an engine; b is another, or somebody with its keys.
 */
class ChildKeyExchangeTest {

    /** In b's answers, and in what b asks for itself. */
    private static final byte[] SPI = {(byte) 0x81, 0, 0, 1};

    private static final byte[] THEIRS = {(byte) 0x81, 0, 0, 2};
    private static final Transform GCM = new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 256);
    private static final Transform NO_ESN = new Transform(TransformType.ESN, TransformType.NO_ESN);
    private static final Transform X25519 = new Transform(TransformType.KE, TransformType.KE_X25519);
    private static final Transform P256 = new Transform(TransformType.KE, TransformType.KE_SECP256R1);
    private static final Transform ML_KEM = new Transform(TransformType.ADDKE1, TransformType.KE_ML_KEM_768);
    private static final byte[] LOWEST = new byte[32];

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();
    private TestNode a = wire.add(mesh, 1, s -> s);
    private TestNode b = wire.add(mesh, 2, s -> s);

    private void establish(UnaryOperator<IkeSettings> ofB) {
        UnaryOperator<IkeSettings> foreign =
                s -> s.withExtensions(IkeExtensions.NONE).withFragmentBytes(4_000, 4_000);
        a = wire.add(mesh, 1, foreign);
        b = wire.add(mesh, 2, s -> ofB.apply(foreign.apply(s)));
        wire.establish(b, a);
        wire.log.clear();
    }

    private Insider insider() throws IllegalAccessException {
        establish(s -> s);
        Insider insider = new Insider(wire, b, a);
        wire.fate = m -> List.of();
        return insider;
    }

    private static long session(TestNode node) {
        return node.only(IkeEvent.Established.class).session();
    }

    private int theOnly() {
        assertThat(a.inbound).hasSize(1);
        return a.inbound.keySet().iterator().next();
    }

    private void rekey(TestNode node) {
        node.handle(new IkeInput.RekeyChild(
                session(node), node.sendingOn(session(node)).inboundSpi()));
    }

    private byte[] askedByA() {
        int before = wire.log.size();
        rekey(a);
        return requestSince(before);
    }

    /** What a has asked since, only once. */
    private byte[] requestSince(int before) {
        List<TestWire.Message> requests = wire.log.subList(before, wire.log.size()).stream()
                .filter(m -> m.to().equals(b.endpoint()) && !m.isResponse())
                .toList();
        assertThat(requests).hasSize(1);
        return requests.getFirst().bytes();
    }

    private List<Integer> exchanges() {
        return wire.log.stream()
                .filter(m -> !m.isResponse())
                .map(TestWire.Message::exchange)
                .toList();
    }

    private static List<TrafficSelector> host(int number) {
        return List.of(TrafficSelector.of(Cidr.host(TestMesh.address(number))));
    }

    private static IkePayload esp(byte[] spi, Transform... transforms) {
        return new SecurityAssociation(List.of(new Proposal(1, TransformType.PROTOCOL_ESP, spi, List.of(transforms))));
    }

    /** The answer to a's request, as far as it goes without a key exchange. */
    private static List<IkePayload> agreeing(Transform... transforms) {
        return new ArrayList<>(List.of(
                esp(SPI, transforms),
                new Nonce(TestMesh.bytes(200)),
                new TrafficSelectors(true, host(1)),
                new TrafficSelectors(false, host(2))));
    }

    private static KeyExchange answer(Payloads request, KeyMethod method) throws MalformedException {
        byte[] value = request.first(KeyExchange.class).orElseThrow().data();
        return new KeyExchange(
                Algorithms.transformId(method),
                new JdkCrypto().respond(method, value).publicValue());
    }

    /** b asks to replace the Child SA. */
    private Payloads askA(Insider insider, byte[] nonce, Transform... more) throws MalformedException {
        List<IkePayload> payloads = new ArrayList<>();
        byte[] old = ChildNegotiation.spiBytes(b.inbound.keySet().iterator().next());
        payloads.add(new Notify(TransformType.PROTOCOL_ESP, old, NotifyType.REKEY_SA, new byte[0]));
        List<Transform> transforms = new ArrayList<>(List.of(GCM, NO_ESN));
        transforms.addAll(List.of(more));
        payloads.add(esp(THEIRS, transforms.toArray(Transform[]::new)));
        payloads.add(new Nonce(nonce));
        if (more.length > 0) {
            payloads.add(new KeyExchange(
                    TransformType.KE_X25519,
                    new JdkCrypto().keyAgreement(KeyMethod.X25519).publicValue()));
        }
        payloads.add(new TrafficSelectors(true, host(2)));
        payloads.add(new TrafficSelectors(false, host(1)));
        return insider.ask(ExchangeType.CREATE_CHILD_SA, payloads.toArray(IkePayload[]::new));
    }

    private static byte[] nonce(int first) {
        byte[] nonce = new byte[32];
        nonce[0] = (byte) first;
        return nonce;
    }

    // --- what we offer -------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void foreignPeersRekeyWithMlKemAndTrafficGoesOn(boolean byA) {
        establish(s -> s);
        int before = theOnly();

        rekey(byA ? a : b);
        wire.run(Duration.ofSeconds(40));

        assertThat(exchanges()).contains(ExchangeType.IKE_FOLLOWUP_KE);
        assertThat(theOnly()).isNotEqualTo(before);
        assertThat(a.takenSpis).isEqualTo(a.inbound.keySet());
        assertThat(b.takenSpis).isEqualTo(b.inbound.keySet());
        assertThat(a.sendPacketTo(b, a.sendingOn(session(a)))).isPositive();
        assertThat(b.sendPacketTo(a, b.sendingOn(session(b)))).isPositive();
    }

    @Test
    void aPeerWithoutTheHybridGetsTheClassicKeyExchange() {
        establish(s -> s.withSuite(SuiteName.DEFAULT, false));

        rekey(a);
        wire.run(Duration.ofSeconds(40));

        assertThat(exchanges()).doesNotContain(ExchangeType.IKE_FOLLOWUP_KE);
        assertThat(a.all(IkeEvent.ChildInstalled.class)).hasSize(2);
    }

    @Test
    void theOfferHoldsEveryChoiceInOneSa() throws Exception {
        Payloads request = insider().opened(askedByA());

        List<Proposal> offered =
                request.first(SecurityAssociation.class).orElseThrow().proposals();
        assertThat(offered).extracting(Proposal::number).containsExactly(1, 2, 3);
        assertThat(offered)
                .extracting(p -> ChildNegotiation.spi(p.spi()))
                .containsOnly(ChildNegotiation.spi(offered.getFirst().spi()));
        assertThat(offered.get(0).transforms()).contains(GCM, NO_ESN).doesNotContain(X25519, P256, ML_KEM);
        assertThat(offered.get(1).transforms()).contains(GCM, NO_ESN, X25519, P256, ML_KEM);
        assertThat(offered.get(2).transforms())
                .contains(GCM, NO_ESN, X25519, P256)
                .doesNotContain(ML_KEM);
        assertThat(request.first(KeyExchange.class).orElseThrow().method()).isEqualTo(TransformType.KE_X25519);
    }

    @Test
    void aPeerMayChooseNoKeyExchange() throws Exception {
        Insider insider = insider();

        insider.answer(askedByA(), agreeing(GCM, NO_ESN).toArray(IkePayload[]::new));

        assertThat(a.inbound).hasSize(2);
    }

    @Test
    void aPeerMayNameItsGroupAndGetsIt() throws Exception {
        Insider insider = insider();
        byte[] group = {0, TransformType.KE_SECP256R1};
        int before = wire.log.size();
        byte[] first = askedByA();

        insider.answer(first, new Notify(NotifyType.INVALID_KE_PAYLOAD, group));
        wire.run(Duration.ofMillis(1));
        Payloads second = insider.opened(requestSince(before + 1));

        assertThat(second.first(KeyExchange.class).orElseThrow().method()).isEqualTo(TransformType.KE_SECP256R1);
        assertThat(a.takenSpis).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, TransformType.KE_X25519, TransformType.KE_ML_KEM_768, 14})
    void aGroupThatWeDoNotOfferOrHaveJustUsedIsNoReasonToHurry(int group) throws Exception {
        Insider insider = insider();
        int before = wire.log.size();

        insider.answer(askedByA(), new Notify(NotifyType.INVALID_KE_PAYLOAD, new byte[] {0, (byte) group}));
        wire.run(Duration.ofSeconds(1));

        assertThat(wire.log.subList(before + 1, wire.log.size())).isEmpty();
        wire.run(Duration.ofMillis(1_100));
        assertThat(insider.opened(requestSince(before + 1)).first(KeyExchange.class))
                .isPresent();
    }

    @Test
    void aPeerThatRefusesTheChoiceIsOfferedNoneOfIt() throws Exception {
        Insider insider = insider();
        int before = wire.log.size();

        insider.answer(askedByA(), new Notify(NotifyType.NO_PROPOSAL_CHOSEN));
        wire.run(Duration.ofMillis(2_100));
        Payloads second = insider.opened(requestSince(before + 1));

        assertThat(second.first(SecurityAssociation.class).orElseThrow().proposals())
                .hasSize(1);
        assertThat(second.first(KeyExchange.class)).isEmpty();
    }

    // --- answers that do not fit ---------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {"no key exchange", "another group", "a broken value", "no link"})
    void anAnswerThatDoesNotFitTheChoiceMakesNothing(String fault) throws Exception {
        Insider insider = insider();
        int before = theOnly();
        byte[] request = askedByA();
        List<IkePayload> answer = agreeing(GCM, NO_ESN, X25519, ML_KEM);
        Notify link = new Notify(NotifyType.ADDITIONAL_KEY_EXCHANGE, new byte[16]);
        switch (fault) {
            case "no key exchange" -> answer.add(link);
            case "another group" ->
                answer.addAll(List.of(new KeyExchange(TransformType.KE_SECP256R1, new byte[64]), link));
            case "a broken value" ->
                answer.addAll(List.of(new KeyExchange(TransformType.KE_X25519, new byte[32]), link));
            default -> answer.add(answer(insider.opened(request), KeyMethod.X25519));
        }

        List<byte[]> said = insider.answer(request, answer.toArray(IkePayload[]::new));

        assertThat(said).isEmpty();
        assertThat(theOnly()).isEqualTo(before);
        assertThat(a.takenSpis).containsExactly(before);
        insider.assertAlive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"no key exchange", "another method", "a broken value", "an error"})
    void aFollowUpAnswerThatDoesNotFitMakesNothing(String fault) throws Exception {
        Insider insider = insider();
        int before = theOnly();
        byte[] followUp = followUp(insider);

        IkePayload answer = switch (fault) {
            case "no key exchange" -> new Nonce(new byte[32]);
            case "another method" -> new KeyExchange(TransformType.KE_X25519, new byte[32]);
            case "a broken value" -> new KeyExchange(TransformType.KE_ML_KEM_768, new byte[7]);
            default -> new Notify(NotifyType.STATE_NOT_FOUND);
        };
        insider.answer(followUp, answer);

        assertThat(theOnly()).isEqualTo(before);
        assertThat(a.takenSpis).containsExactly(before);
        insider.assertAlive();
    }

    /** a's IKE_FOLLOWUP_KE behind an answer that chooses it. */
    private byte[] followUp(Insider insider) throws MalformedException {
        byte[] request = askedByA();
        return agreed(insider, request);
    }

    private static byte[] agreed(Insider insider, byte[] request) throws MalformedException {
        List<IkePayload> answer = agreeing(GCM, NO_ESN, X25519, ML_KEM);
        answer.add(answer(insider.opened(request), KeyMethod.X25519));
        answer.add(new Notify(NotifyType.ADDITIONAL_KEY_EXCHANGE, new byte[16]));
        List<byte[]> said = insider.answer(request, answer.toArray(IkePayload[]::new));
        assertThat(said).hasSize(1);
        return said.getFirst();
    }

    @Test
    void aPeerThatForgetsAgainAndAgainLosesTheIkeSa() throws Exception {
        Insider insider = insider();
        byte[] followUp = followUp(insider);
        for (int round = 1; round <= 3; round++) {
            int before = wire.log.size();
            insider.answer(followUp, new Notify(NotifyType.STATE_NOT_FOUND));
            assertThat(a.all(IkeEvent.ChildRemoved.class)).isEmpty();
            wire.run(Duration.ofMillis(2_100));
            followUp = agreed(insider, requestSince(before));
        }

        List<byte[]> last = insider.answer(followUp, new Notify(NotifyType.STATE_NOT_FOUND));

        assertThat(last).hasSize(1);
        assertThat(insider.opened(last.getFirst()).first(IkePayload.Delete.class))
                .isPresent();
        insider.answer(last.getFirst());
        assertThat(a.only(IkeEvent.Closed.class).reason()).contains("forgets");
        assertThat(a.takenSpis).isEmpty();
    }

    @Test
    void anEngineThatHasForgottenIsAskedAfresh() {
        IkeTiming hasty = new IkeTiming(50_000_000L, 50_000_000L, 1, 14_400_000_000_000L, 30_000_000_000L, 1);
        establish(s -> s.withTiming(hasty)); // b waits 0.15 s for the next key exchange
        List<TestWire.Message> late = new ArrayList<>();
        wire.fate = m -> {
            if (late.isEmpty() && m.exchange() == ExchangeType.IKE_FOLLOWUP_KE) {
                late.add(m);
                return List.of();
            }
            return List.of(m);
        };

        rekey(a);
        wire.run(Duration.ofSeconds(40));

        assertThat(exchanges().stream().filter(e -> e == ExchangeType.CREATE_CHILD_SA))
                .hasSize(2);
        assertThat(a.takenSpis).isEqualTo(a.inbound.keySet()).hasSize(1);
        assertThat(b.takenSpis).isEqualTo(b.inbound.keySet()).hasSize(1);
        assertThat(a.sendPacketTo(b, a.sendingOn(session(a)))).isPositive();
    }

    // --- the peer's ----------------------------------------------------------------------------------------------

    @Test
    void whatAPeerBeginsAndNeverEndsIsForgotten() throws Exception {
        Insider insider = insider();
        int before = theOnly();
        Payloads answer = askA(insider, nonce(1), X25519, ML_KEM);
        Notify link = answer.notify(NotifyType.ADDITIONAL_KEY_EXCHANGE).orElseThrow();
        assertThat(a.takenSpis).hasSize(2);

        wire.run(Duration.ofSeconds(24));

        assertThat(a.takenSpis).containsExactly(before);
        Payloads late = insider.ask(
                ExchangeType.IKE_FOLLOWUP_KE,
                new KeyExchange(
                        TransformType.KE_ML_KEM_768,
                        new JdkCrypto().keyAgreement(KeyMethod.ML_KEM_768).publicValue()),
                link);
        assertThat(late.has(NotifyType.STATE_NOT_FOUND)).isTrue();
        askedByA(); // nothing stands in the way of our own
    }

    @Test
    void aPeerThatBeginsAnewLosesWhatItHadBegun() throws Exception {
        Insider insider = insider();
        askA(insider, nonce(1), X25519, ML_KEM);
        Payloads answer = askA(insider, nonce(2), X25519, ML_KEM);
        assertThat(a.takenSpis).hasSize(2);

        Payloads done = insider.ask(
                ExchangeType.IKE_FOLLOWUP_KE,
                new KeyExchange(
                        TransformType.KE_ML_KEM_768,
                        new JdkCrypto().keyAgreement(KeyMethod.ML_KEM_768).publicValue()),
                answer.notify(NotifyType.ADDITIONAL_KEY_EXCHANGE).orElseThrow());

        assertThat(done.first(KeyExchange.class)).isPresent();
        assertThat(a.inbound).hasSize(2);
    }

    @Test
    void aPeerThatHasNotTakenOurAnswerMayAskAgain() throws Exception {
        Insider insider = insider();
        askA(insider, nonce(1));
        int first = a.last(IkeEvent.ChildInstalled.class).child().inboundSpi();

        Payloads answer = askA(insider, nonce(2));

        assertThat(answer.first(SecurityAssociation.class)).isPresent();
        assertThat(a.inbound).hasSize(2).doesNotContainKey(first);
        assertThat(a.takenSpis).isEqualTo(a.inbound.keySet());
    }

    @Test
    void aSuccessorThatThePeerIsSeenOnIsNotTakenBack() throws Exception {
        Insider insider = insider();
        askA(insider, nonce(1));
        int first = a.last(IkeEvent.ChildInstalled.class).child().inboundSpi();
        a.handle(new IkeInput.TrafficSeen(session(a), first));

        Payloads answer = askA(insider, nonce(2));

        assertThat(answer.has(NotifyType.TEMPORARY_FAILURE)).isTrue();
        assertThat(a.inbound).hasSize(2).containsKey(first);
    }

    /** Our rekey and the peer's cross; one of them has an additional key exchange, and the other has none. */
    @ParameterizedTest
    @CsvSource({"ours, true", "ours, false", "theirs, true", "theirs, false"})
    void aRekeyWithAnAdditionalKeyExchangeCrossesOneWithout(String withIt, boolean weWin) throws Exception {
        Insider insider = insider();
        int old = theOnly();
        byte[] request = askedByA();
        boolean oursHasIt = withIt.equals("ours");
        Transform[] theirChoice = oursHasIt ? new Transform[0] : new Transform[] {X25519, ML_KEM};
        Payloads theirs = askA(insider, weWin ? LOWEST : nonce(0xFF), theirChoice);
        assertThat(theirs.first(Nonce.class)).isPresent();
        List<IkePayload> answer = oursHasIt ? agreeing(GCM, NO_ESN, X25519, ML_KEM) : agreeing(GCM, NO_ESN);
        answer.set(1, new Nonce(weWin ? nonce(0xFF) : LOWEST));
        if (oursHasIt) {
            answer.add(answer(insider.opened(request), KeyMethod.X25519));
            answer.add(new Notify(NotifyType.ADDITIONAL_KEY_EXCHANGE, new byte[16]));
        }

        List<byte[]> said = insider.answer(request, answer.toArray(IkePayload[]::new));

        if (oursHasIt && !weWin) {
            assertThat(said).as("we stop before anything is made").isEmpty();
            assertThat(a.inbound).as("the old one and theirs").hasSize(2);
            assertThat(a.takenSpis).isEqualTo(a.inbound.keySet());
        } else if (oursHasIt) {
            assertThat(insider.opened(said.getFirst()).first(KeyExchange.class)).isPresent();
            assertThat(a.inbound).as("the old one and their redundant one").hasSize(2);
        } else {
            IkePayload.Delete delete = insider.opened(said.getFirst())
                    .first(IkePayload.Delete.class)
                    .orElseThrow();
            int deleted = ChildNegotiation.spi(delete.spis().getFirst());
            assertThat(a.inbound).as("the old one and ours").hasSize(2);
            assertThat(deleted == old).as("the old one goes").isEqualTo(weWin);
            assertThat(a.takenSpis).as("theirs is forgotten when it has lost").hasSize(weWin ? 2 : 3);
        }
        insider.assertAlive();
    }
}
