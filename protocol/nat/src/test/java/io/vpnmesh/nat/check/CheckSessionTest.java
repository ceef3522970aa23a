// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.stun.StunAttribute;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class CheckSessionTest {

    private static final TransactionId ID = new TransactionId(0x01020304, 0x05060708090a0b0cL);
    private static final CheckSession.Path PATH = new CheckSession.Path(7, true, 12_000, 15);

    private final CheckSession initiator = session(true);
    private final CheckSession responder = session(false);

    private static CheckSession session(boolean weInitiated) {
        SecretBytes first = SecretBytes.owning("i".repeat(32).getBytes(StandardCharsets.US_ASCII));
        SecretBytes second = SecretBytes.owning("r".repeat(32).getBytes(StandardCharsets.US_ASCII));
        String initiatorId = "1111111111111111";
        String responderId = "2222222222222222";
        return new CheckSession(CheckCredentials.of(
                first,
                second,
                weInitiated,
                weInitiated ? initiatorId : responderId,
                weInitiated ? responderId : initiatorId));
    }

    @Test
    void requestIsThisOnTheWire() throws MalformedException {
        byte[] bytes = initiator.request(ID, PATH, null, 0);

        StunMessage message = StunCodec.decode(bytes);
        assertThat(message.username()).contains("2222222222222222");
        assertThat(HexFormat.of().formatHex(message.value(StunAttribute.PATH_CHECK)))
                .isEqualTo("00000007" + "0000000000000001" + "01" + "00002ee0" + "000f");
        assertThat(HexFormat.of().formatHex(bytes))
                .isEqualTo("000100582112a4420102030405060708090a0b0c"
                        + ("00060010" + "32".repeat(16))
                        + "c0f00013000000070000000000000001" + "0100002ee0000f00"
                        + "001c002036b6dda9bd56147c14cec1c386f872e033385d5f37aefe5e434b561505309532"
                        + "8028000497992f20");
    }

    @Test
    void peerVerifiesTheRequestAndWeItsAnswer() throws MalformedException {
        byte[] request = initiator.request(ID, PATH, null, 0);
        StunMessage received = StunCodec.decode(request);

        assertThat(responder.verifyRequest(received, request))
                .contains(new PathCheck(7, 1, PathCheck.FLAG_IN_USE, 12_000, 15));

        byte[] answer = responder.success(received, Endpoint.parse("192.0.2.1:4500"));
        assertThat(initiator.verifyResponse(StunCodec.decode(answer), answer)).isTrue();
    }

    @Test
    void replayedReflectedAndForgedRequestsAreRefused() throws MalformedException {
        byte[] request = initiator.request(ID, PATH, null, 0);
        StunMessage received = StunCodec.decode(request);
        byte[] forged = StunCodec.encode(received, SecretBytes.owning(new byte[32]));

        assertThat(responder.verifyRequest(received, forged)).isEmpty();
        assertThat(initiator.verifyRequest(received, request)).as("reflected").isEmpty();
        assertThat(responder.verifyRequest(received, request)).isPresent();
        assertThat(responder.verifyRequest(received, request)).as("replayed").isEmpty();
    }

    @Test
    void answerUnderTheAnswerersOwnKeyIsRefused() throws MalformedException {
        byte[] request = initiator.request(ID, PATH, null, 0);
        byte[] wrong = StunCodec.encode(
                StunMessage.success(StunCodec.decode(request).transactionId()).build(),
                responder.credentials().ownKey());

        assertThat(initiator.verifyResponse(StunCodec.decode(wrong), wrong)).isFalse();
    }

    @Test
    void paddingMakesTheRequestAsLongAsWanted() {
        int plain = initiator.request(ID, PATH, null, 0).length;

        assertThat(initiator.request(ID, PATH, null, 996)).hasSize(plain + 1000);
    }

    @Test
    void windowIsSixtyFourWide() {
        CheckWindow window = new CheckWindow();

        assertThat(window.accept(100)).isTrue();
        assertThat(window.accept(37)).isTrue();
        assertThat(window.accept(37)).isFalse();
        assertThat(window.accept(36)).isFalse();
        assertThat(window.accept(0)).isFalse();
        assertThat(window.accept(-1)).isFalse();
        assertThat(window.accept(200)).isTrue();
        assertThat(window.accept(100)).isFalse();
        assertThat(window.accept(199)).isTrue();
    }
}
