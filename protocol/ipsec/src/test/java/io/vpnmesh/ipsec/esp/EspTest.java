// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.ipsec.sa.SaLifetime;
import io.vpnmesh.ipsec.sa.SelectorSet;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EspTest {

    private static final int SPI = 0x9000_0001;
    private static final IpAddress A = IpAddress.parse("10.77.0.1");
    private static final IpAddress B = IpAddress.parse("10.77.0.2");

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    }

    private static SecretBytes salt() {
        return SecretBytes.owning(hex("cafebabe"));
    }

    private static SecretBytes key() {
        byte[] key = new byte[32];
        for (int i = 0; i < key.length; i++) {
            key[i] = (byte) i;
        }
        return SecretBytes.owning(key);
    }

    private static EspSealer sealer(boolean esn, SaLifetime lifetime) {
        return new EspSealer(SPI, new JdkCrypto().aead(AeadAlgorithm.AES_256_GCM, key()), salt(), esn, lifetime);
    }

    private static EspOpener opener(boolean esn, String from, String to) {
        SelectorSet selectors = new SelectorSet(
                List.of(TrafficSelector.of(Cidr.parse(from))), List.of(TrafficSelector.of(Cidr.parse(to))));
        return new EspOpener(SPI, new JdkCrypto().aead(AeadAlgorithm.AES_256_GCM, key()), salt(), esn, selectors, 8192);
    }

    private static byte[] packet(IpAddress from, IpAddress to, int payload) {
        return UdpPacket.build(from, 1, to, 2, new byte[payload]);
    }

    private static byte[] buffer(byte[] packet) {
        byte[] buffer = new byte[16 + packet.length + 24];
        System.arraycopy(packet, 0, buffer, 16, packet.length);
        return buffer;
    }

    @ParameterizedTest
    @CsvSource({"true,10.77.0.1,10.77.0.2", "false,10.77.0.1,10.77.0.2", "true,fd00::1,fd00::2", "false,fd00::1,fd00::2"
    })
    void whatWasSealedOpensAgainForEveryPadding(boolean esn, String from, String to) {
        EspSealer sealer = sealer(esn, SaLifetime.DEFAULT);
        EspOpener opener =
                opener(esn, from + (from.contains(":") ? "/128" : "/32"), to + (to.contains(":") ? "/128" : "/32"));

        for (int payload = 0; payload < 70; payload++) {
            byte[] packet = packet(IpAddress.parse(from), IpAddress.parse(to), payload);
            byte[] buffer = buffer(packet);
            int length = sealer.seal(buffer, 16, packet.length);

            assertThat(length % 4).isZero();
            assertThat(EspHeader.spi(buffer, 0)).isEqualTo(SPI);
            assertThat(EspHeader.sequence(buffer, 0)).isEqualTo(payload + 1);
            int inner = opener.open(buffer, 0, length);
            assertThat(inner).isEqualTo(packet.length);
            assertThat(Arrays.copyOfRange(buffer, 16, 16 + inner)).isEqualTo(packet);
            assertThat(opener.lastNextHeader()).isEqualTo(from.contains(":") ? 41 : 4);
        }
        assertThat(opener.packets()).isEqualTo(70);
    }

    @Test
    void aSecondCopyIsAReplay() {
        EspSealer sealer = sealer(true, SaLifetime.DEFAULT);
        EspOpener opener = opener(true, "10.77.0.1/32", "10.77.0.2/32");
        byte[] packet = packet(A, B, 10);
        byte[] buffer = buffer(packet);
        int length = sealer.seal(buffer, 16, packet.length);
        byte[] copy = buffer.clone();

        assertThat(opener.open(buffer, 0, length)).isPositive();
        assertThat(opener.open(copy, 0, length)).isEqualTo(EspVerdict.REPLAYED);
    }

    @Test
    void aDamagedPacketDoesNotMoveTheWindow() {
        EspSealer sealer = sealer(true, SaLifetime.DEFAULT);
        EspOpener opener = opener(true, "10.77.0.1/32", "10.77.0.2/32");
        byte[] packet = packet(A, B, 10);
        byte[] buffer = buffer(packet);
        int length = sealer.seal(buffer, 16, packet.length);

        for (int i = 4; i < length; i++) {
            byte[] damaged = buffer.clone();
            damaged[i] ^= 1;
            assertThat(opener.open(damaged, 0, length)).as("byte %d", i).isIn(EspVerdict.BAD_ICV, EspVerdict.REPLAYED);
        }
        assertThat(opener.open(buffer, 0, length)).isPositive();
    }

    @Test
    void addressesOutsideTheSelectorsAreRefusedAfterDecryption() {
        EspSealer sealer = sealer(true, SaLifetime.DEFAULT);
        EspOpener opener = opener(true, "10.77.0.1/32", "10.77.0.2/32");
        byte[] packet = packet(B, A, 10);
        byte[] buffer = buffer(packet);

        assertThat(opener.open(buffer, 0, sealer.seal(buffer, 16, packet.length)))
                .isEqualTo(EspVerdict.SELECTOR);
        assertThat(opener.packets()).isZero();
    }

    @Test
    void dummiesAreAuthenticAndDropped() {
        EspSealer sealer = sealer(true, SaLifetime.DEFAULT);
        EspOpener opener = opener(true, "10.77.0.1/32", "10.77.0.2/32");
        byte[] buffer = new byte[200];

        assertThat(opener.open(buffer, 0, sealer.sealDummy(buffer, 16, 100))).isEqualTo(EspVerdict.DUMMY);
    }

    @Test
    void theHardLimitEndsTheSa() {
        EspSealer sealer = sealer(false, new SaLifetime(1, 2, 1 << 20, 1 << 20, 1, 1));
        byte[] packet = packet(A, B, 10);

        assertThat(sealer.seal(buffer(packet), 16, packet.length)).isPositive();
        assertThat(sealer.seal(buffer(packet), 16, packet.length)).isPositive();
        assertThat(sealer.seal(buffer(packet), 16, packet.length)).isEqualTo(EspVerdict.EXHAUSTED);
    }

    @Test
    void everyTruncationIsMalformedOrForged() {
        EspSealer sealer = sealer(true, SaLifetime.DEFAULT);
        EspOpener opener = opener(true, "10.77.0.1/32", "10.77.0.2/32");
        byte[] packet = packet(A, B, 50);
        byte[] buffer = buffer(packet);
        int length = sealer.seal(buffer, 16, packet.length);

        for (int cut = 0; cut < length; cut++) {
            assertThat(opener.open(buffer.clone(), 0, cut)).isIn(EspVerdict.MALFORMED, EspVerdict.BAD_ICV);
        }
    }

    @Test
    void aClosedSaSaysSo() {
        EspSealer sealer = sealer(true, SaLifetime.DEFAULT);
        byte[] packet = packet(A, B, 50);

        sealer.close();

        assertThat(sealer.seal(buffer(packet), 16, packet.length)).isEqualTo(EspVerdict.CLOSED);
    }

    @Test
    void theWindowWidensOnceAndOnlyForAFastSa() {
        SaLifetime lifetime = SaLifetime.DEFAULT;
        for (int perSecond : new int[] {49_000, 51_000}) {
            EspSealer sealer = sealer(true, lifetime);
            EspOpener opener = opener(true, "10.77.0.1/32", "10.77.0.2/32");
            byte[] packet = packet(A, B, 10);
            opener.adaptWindow(0);
            for (int i = 1; i <= perSecond / 10; i++) {
                byte[] buffer = buffer(packet);
                assertThat(opener.open(buffer, 0, sealer.seal(buffer, 16, packet.length)))
                        .isPositive();
            }

            opener.adaptWindow(50_000_000);
            assertThat(opener.windowBits()).as("too early to tell").isEqualTo(EspOpener.DEFAULT_WINDOW);
            opener.adaptWindow(100_000_000);

            assertThat(opener.windowBits())
                    .isEqualTo(perSecond > 50_000 ? EspOpener.FAST_WINDOW : EspOpener.DEFAULT_WINDOW);
        }
    }

    @Test
    void aBurstAfterALongSilenceIsNotFast() {
        EspSealer sealer = sealer(true, SaLifetime.DEFAULT);
        EspOpener opener = opener(true, "10.77.0.1/32", "10.77.0.2/32");
        byte[] packet = packet(A, B, 10);
        opener.adaptWindow(0);
        for (int i = 0; i < 60_000; i++) {
            byte[] buffer = buffer(packet);
            opener.open(buffer, 0, sealer.seal(buffer, 16, packet.length));
        }

        opener.adaptWindow(3_000_000_000L);

        assertThat(opener.windowBits()).isEqualTo(EspOpener.DEFAULT_WINDOW);
    }

    @Test
    void flowPaddingHidesTheLengthAndIsCutOffAgain() {
        EspSealer sealer = sealer(true, SaLifetime.DEFAULT);
        EspOpener opener = opener(true, "10.77.0.1/32", "10.77.0.2/32");

        for (int payload : new int[] {0, 1, 500, 1172}) {
            byte[] packet = packet(A, B, payload);
            byte[] buffer = new byte[16 + 1300];
            Arrays.fill(buffer, (byte) 0x55);
            System.arraycopy(packet, 0, buffer, 16, packet.length);

            int length = sealer.sealPadded(buffer, 16, packet.length, 1200);

            assertThat(length).isEqualTo(16 + 1202 + 2 + 16);
            assertThat(opener.open(buffer, 0, length)).isEqualTo(packet.length);
            assertThat(Arrays.copyOfRange(buffer, 16, 16 + packet.length)).isEqualTo(packet);
        }
    }

    @Test
    void aPeerThatTakesNoFlowPaddingGetsNone() {
        EspSealer sealer = new EspSealer(
                SPI, new JdkCrypto().aead(AeadAlgorithm.AES_256_GCM, key()), salt(), true, SaLifetime.DEFAULT, false);
        byte[] packet = packet(A, B, 10);
        byte[] buffer = new byte[16 + 1300];
        System.arraycopy(packet, 0, buffer, 16, packet.length);

        assertThat(sealer.sealPadded(buffer, 16, packet.length, 1200)).isEqualTo(16 + 40 + 16);
    }

    /** RFC 4303 section 3.3.3: the sender must not send a packet whose sequence number would cycle. */
    @Test
    void theCounterStopsBeforeItWouldWrap() throws ReflectiveOperationException {
        SaLifetime endless = new SaLifetime(
                Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
        byte[] packet = packet(A, B, 10);
        var sequence = EspSealer.class.getDeclaredField("sequence");
        sequence.setAccessible(true);

        EspSealer without = sealer(false, endless);
        sequence.setLong(without, 0xFFFF_FFFEL);
        byte[] buffer = buffer(packet);
        assertThat(without.seal(buffer, 16, packet.length)).isPositive();
        assertThat(EspHeader.sequence(buffer, 0)).isEqualTo(0xFFFF_FFFF);
        assertThat(without.seal(buffer(packet), 16, packet.length)).isEqualTo(EspVerdict.EXHAUSTED);

        EspSealer with = sealer(true, endless);
        sequence.setLong(with, Long.MAX_VALUE - 1);
        assertThat(with.seal(buffer(packet), 16, packet.length)).isPositive();
        assertThat(with.seal(buffer(packet), 16, packet.length)).isEqualTo(EspVerdict.EXHAUSTED);
        assertThat(with.packets()).as("no repetition, no turn").isEqualTo(Long.MAX_VALUE);
    }
}
