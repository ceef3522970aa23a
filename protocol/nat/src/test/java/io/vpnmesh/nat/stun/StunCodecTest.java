// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.stun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StunCodecTest {

    /** RFC 5769 section 2.1. */
    private static final String SAMPLE_REQUEST = "000100582112a442b7e7a701bc34d686fa87dfae"
            + "802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36"
            + "000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2"
            + "80280004e57a3bcf";

    /** RFC 5769 section 2.2. */
    private static final String SAMPLE_IPV4_RESPONSE = "0101003c2112a442b7e7a701bc34d686fa87dfae"
            + "8022000b7465737420766563746f7220002000080001a147e112a643"
            + "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";

    /** RFC 5769 section 2.3. */
    private static final String SAMPLE_IPV6_RESPONSE = "010100482112a442b7e7a701bc34d686fa87dfae"
            + "8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
            + "00080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c";

    private static final SecretBytes KEY =
            SecretBytes.owning("0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII));
    private static final TransactionId ID = new TransactionId(0x01020304, 0x05060708090a0b0cL);

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    @Test
    void readsTheSampleRequest() throws MalformedException {
        byte[] bytes = hex(SAMPLE_REQUEST);

        StunMessage message = StunCodec.decode(bytes);

        assertThat(message.type()).isEqualTo(StunMessage.BINDING_REQUEST);
        assertThat(message.transactionId().bytes()).isEqualTo(hex("b7e7a701bc34d686fa87dfae"));
        assertThat(message.username()).contains("evtj:h6vY");
        assertThat(message.value(StunAttribute.SOFTWARE))
                .isEqualTo("STUN test client".getBytes(StandardCharsets.US_ASCII));
        assertThat(StunCodec.hasFingerprint(bytes)).isTrue();
    }

    @Test
    void readsTheSampleIpv4Response() throws MalformedException {
        StunMessage message = StunCodec.decode(hex(SAMPLE_IPV4_RESPONSE));

        assertThat(message.type()).isEqualTo(StunMessage.BINDING_SUCCESS);
        assertThat(message.mappedAddress()).contains(Endpoint.parse("192.0.2.1:32853"));
    }

    @Test
    void readsTheSampleIpv6Response() throws MalformedException {
        StunMessage message = StunCodec.decode(hex(SAMPLE_IPV6_RESPONSE));

        assertThat(message.mappedAddress()).contains(Endpoint.parse("[2001:db8:1234:5678:11:2233:4455:6677]:32853"));
    }

    @Test
    void plainRequestIsThisOnTheWire() {
        StunMessage message =
                StunMessage.request(ID).software("vpnmesh nat observer").build();

        assertThat(StunCodec.encode(message))
                .isEqualTo(hex("000100202112a4420102030405060708090a0b0c"
                        + "8022001476706e6d657368206e6174206f62736572766572" + "80280004bbcd7294"));
    }

    @Test
    void authenticatedMessageIsThisOnTheWire() {
        StunMessage message = StunMessage.success(ID)
                .mappedAddress(Endpoint.parse("192.0.2.1:4500"))
                .build();

        // The HMAC and the CRC were computed with another implementation.
        assertThat(StunCodec.encode(message, KEY))
                .isEqualTo(hex("010100382112a4420102030405060708090a0b0c0020000800013086e112a643"
                        + "001c0020913e56d8e270b7e7009ac3bfff30b5ac56a95c9d4bb7661dcdc5564b9425388d"
                        + "8028000450ccd18b"));
    }

    @Test
    void authenticIsOnlyTheUnchangedMessageUnderTheRightKey() throws MalformedException {
        byte[] bytes = StunCodec.encode(
                StunMessage.request(ID)
                        .username("0123456789abcdef")
                        .padding(101)
                        .build(),
                KEY);
        SecretBytes other = SecretBytes.owning(new byte[32]);

        assertThat(StunCodec.decode(bytes).username()).contains("0123456789abcdef");
        assertThat(StunCodec.isAuthentic(bytes, KEY)).isTrue();
        assertThat(StunCodec.isAuthentic(bytes, other)).isFalse();
        for (int i = 0; i < bytes.length - 8; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 1;
            assertThat(decodes(changed) && StunCodec.isAuthentic(changed, KEY))
                    .as("byte " + i)
                    .isFalse();
        }
    }

    @Test
    void attributesBehindTheIntegrityAttributeDoNotCount() throws MalformedException {
        byte[] sealed = StunCodec.encode(StunMessage.request(ID).build(), KEY);
        byte[] withoutFingerprint = Arrays.copyOf(sealed, sealed.length - 8);
        byte[] longer = Arrays.copyOf(withoutFingerprint, withoutFingerprint.length + 8);
        System.arraycopy(hex("0006000441414141"), 0, longer, withoutFingerprint.length, 8);
        longer[3] = (byte) (longer.length - StunCodec.HEADER_BYTES);

        StunMessage message = StunCodec.decode(longer);

        assertThat(StunCodec.isAuthentic(longer, KEY)).isTrue();
        assertThat(message.username()).isEmpty();
    }

    @Test
    void refusesAWrongFingerprint() {
        byte[] bytes = hex(SAMPLE_REQUEST);
        bytes[bytes.length - 1] ^= 1;

        assertThatThrownBy(() -> StunCodec.decode(bytes))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("FINGERPRINT");
    }

    @Test
    void tellsStunFromWhateverElseIsOnThePort() {
        byte[] stun = hex(SAMPLE_IPV4_RESPONSE);
        byte[] esp = stun.clone();
        esp[0] |= (byte) 0x80;

        assertThat(StunCodec.looksLikeStun(stun, 0, stun.length)).isTrue();
        assertThat(StunCodec.looksLikeStun(esp, 0, esp.length)).isFalse();
        assertThat(StunCodec.looksLikeStun(stun, 0, stun.length - 4)).isFalse();
        assertThat(StunCodec.looksLikeStun(new byte[1], 0, 1)).isFalse();
    }

    @Test
    void garbageNeverThrowsAnythingElse() {
        Random random = new Random(42);
        byte[] sample = hex(SAMPLE_REQUEST);
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = sample.clone();
            for (int i = random.nextInt(6); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            if (decodes(bytes)) {
                StunCodec.isAuthentic(bytes, KEY);
            }
        }
    }

    private static boolean decodes(byte[] bytes) {
        try {
            StunMessage message = StunCodec.decode(bytes);
            message.mappedAddress();
            message.errorCode();
            return true;
        } catch (MalformedException _) {
            return false;
        }
    }
}
