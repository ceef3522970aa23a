// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.ipsec.sa.SelectorSet;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A packet of draft-mcgrew-gcm-test-01 (AES-256, 32-bit sequence numbers). Its trailer says next header 1, which tunnel
 * mode refuses, but only after the integrity check: so MALFORMED means that nonce, AAD and ICV lie where RFC 4106 says.
 */
class EspVectorTest {

    private static final byte[] PACKET = HexFormat.of()
            .parseHex("4a2cbfe3000000020102030405060708"
                    + "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763"
                    + "748a637985771d347f0545659f14e99def842d8e"
                    + "b335f4eecfdbf831824b4c4915956c96");
    private static final byte[] PLAIN = HexFormat.of()
            .parseHex("4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee000000000"
                    + "7002400020bf0000020405b40101040201020201");

    private static EspOpener opener() {
        byte[] key = HexFormat.of().parseHex("abbccddef00112233445566778899aababbccddef00112233445566778899aab");
        byte[] salt = HexFormat.of().parseHex("11223344");
        return new EspOpener(
                0x4a2cbfe3,
                new JdkCrypto().aead(AeadAlgorithm.AES_256_GCM, SecretBytes.owning(key)),
                SecretBytes.owning(salt),
                false,
                new SelectorSet(List.of(), List.of()),
                8192);
    }

    @Test
    void theDraftsPacketPassesTheIntegrityCheckAndDecryptsToItsPlaintext() {
        byte[] packet = PACKET.clone();
        EspOpener opener = opener();

        assertThat(opener.open(packet, 0, packet.length)).isEqualTo(EspVerdict.MALFORMED);
        assertThat(opener.lastNextHeader()).isEqualTo(1);
        assertThat(Arrays.copyOfRange(packet, 16, 16 + PLAIN.length)).isEqualTo(PLAIN);
        assertThat(opener.open(PACKET.clone(), 0, PACKET.length)).isEqualTo(EspVerdict.REPLAYED);
    }

    @Test
    void theSamePacketDamagedAnywhereBehindTheSpiIsRefused() {
        for (int i = 4; i < PACKET.length; i++) {
            byte[] packet = PACKET.clone();
            packet[i] ^= (byte) 0x80;
            assertThat(opener().open(packet, 0, packet.length)).as("byte %d", i).isEqualTo(EspVerdict.BAD_ICV);
        }
    }
}
