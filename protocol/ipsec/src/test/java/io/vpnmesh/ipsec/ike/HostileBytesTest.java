// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static io.vpnmesh.ipsec.ike.ValidTraffic.join;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Valid bytes of every kind, changed a little, very many times: nothing throws and nothing hangs. */
@Timeout(60)
class HostileBytesTest {

    private static final HostileBytes HOSTILE = new HostileBytes();
    private static final ValidTraffic VALID = new ValidTraffic(HOSTILE);

    private final Random random = new Random(7);

    private void hammer(int rounds, List<byte[]> valid, Consumer<byte[]> target) {
        for (int round = 0; round < rounds; round++) {
            byte[] input = changed(valid.get(random.nextInt(valid.size())), valid);
            assertThatCode(() -> target.accept(input))
                    .as("round %d: %s", round, HexFormat.of().formatHex(input))
                    .doesNotThrowAnyException();
        }
    }

    /** A few changes: a byte, a bit, a cut, a piece of another input, a piece twice. */
    private byte[] changed(byte[] original, List<byte[]> others) {
        byte[] bytes = original.clone();
        for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
            int at = random.nextInt(bytes.length);
            int length = random.nextInt(Math.min(16, bytes.length - at) + 1);
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> bytes[at] = (byte) (random.nextBoolean() ? 0 : 0xFF);
                case 3 -> bytes = Arrays.copyOf(bytes, at);
                case 4 -> {
                    byte[] other = others.get(random.nextInt(others.size()));
                    int from = Math.min(other.length, at);
                    bytes = join(Arrays.copyOf(bytes, at), Arrays.copyOfRange(other, from, other.length));
                }
                default -> bytes = join(Arrays.copyOf(bytes, at + length), Arrays.copyOfRange(bytes, at, bytes.length));
            }
        }
        return bytes;
    }

    @Test
    void ikeMessages() {
        hammer(40_000, VALID.ikeMessages(), HOSTILE::ikeMessage);
    }

    @Test
    void payloads() {
        hammer(40_000, VALID.payloads(), HOSTILE::payloads);
        hammer(20_000, VALID.bodies(), HOSTILE::payload);
        hammer(10_000, VALID.redirects(), HOSTILE::redirect);
    }

    @Test
    void selectors() {
        hammer(20_000, VALID.selectors(), HOSTILE::selectors);
    }

    @Test
    void fragments() {
        hammer(20_000, VALID.fragments(), HOSTILE::fragments);
    }

    @Test
    void certificates() {
        hammer(6_000, VALID.certificates(), HOSTILE::certificates);
    }

    @Test
    void espPackets() {
        hammer(40_000, VALID.espPackets(), HOSTILE::espPacket);
    }

    @Test
    void sessions() {
        for (int round = 0; round < 2_000; round++) {
            byte[] input = new byte[1 + 3 * random.nextInt(60)];
            random.nextBytes(input);
            for (int i = 1; i < input.length; i += 3) {
                input[i] = random.nextInt(4) > 0 ? 5 : input[i]; // most messages pass, so that some get far
            }
            assertThatCode(() -> HOSTILE.session(input))
                    .as("round %d: %s", round, HexFormat.of().formatHex(input))
                    .doesNotThrowAnyException();
        }
    }
}
