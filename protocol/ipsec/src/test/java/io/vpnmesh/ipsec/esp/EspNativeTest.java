// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
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
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packets on heap arrays, ciphertext in native memory. */
class EspNativeTest {

    private static final int SPI = 0x9000_0001;
    private static final int AT = 48;
    private static final byte CANARY = 0x5A;

    private final MemorySegment wire = Arena.ofAuto().allocate(2048);

    private static EspSealer sealer(AeadAlgorithm algorithm) {
        return new EspSealer(SPI, new JdkCrypto().aead(algorithm, key(algorithm)), salt(), true, SaLifetime.DEFAULT);
    }

    private static EspOpener opener(AeadAlgorithm algorithm) {
        SelectorSet selectors = new SelectorSet(
                List.of(TrafficSelector.of(Cidr.parse("10.77.0.1/32"))),
                List.of(TrafficSelector.of(Cidr.parse("10.77.0.2/32"))));
        return new EspOpener(SPI, new JdkCrypto().aead(algorithm, key(algorithm)), salt(), true, selectors, 8192);
    }

    private static SecretBytes key(AeadAlgorithm algorithm) {
        byte[] key = new byte[algorithm.keyLength()];
        new Random(1).nextBytes(key);
        return SecretBytes.owning(key);
    }

    private static SecretBytes salt() {
        return SecretBytes.owning(new byte[] {1, 2, 3, 4});
    }

    private static byte[] packet(int payload) {
        byte[] data = new byte[payload];
        new Random(payload).nextBytes(data);
        return UdpPacket.build(IpAddress.parse("10.77.0.1"), 1, IpAddress.parse("10.77.0.2"), 2, data);
    }

    private static byte[] framed(byte[] packet) {
        byte[] buffer = new byte[AT + packet.length + AT];
        Arrays.fill(buffer, CANARY);
        System.arraycopy(packet, 0, buffer, AT, packet.length);
        return buffer;
    }

    @ParameterizedTest
    @EnumSource(AeadAlgorithm.class)
    void bothDoorsWriteTheSameBytesAndLeaveTheHeapAsItWas(AeadAlgorithm algorithm) {
        EspSealer toNative = sealer(algorithm);
        EspSealer inPlace = sealer(algorithm);
        EspOpener opener = opener(algorithm);
        for (int payload = 0; payload < 90; payload++) {
            byte[] packet = packet(payload);
            byte[] source = framed(packet);
            byte[] before = source.clone();
            wire.fill(CANARY);

            int length = toNative.sealTo(source, AT, packet.length, wire, 64);

            assertThat(source).isEqualTo(before);
            byte[] expected = framed(packet);
            assertThat(inPlace.seal(expected, AT, packet.length)).isEqualTo(length);
            assertThat(wire.asSlice(64, length).toArray(JAVA_BYTE))
                    .isEqualTo(Arrays.copyOfRange(expected, AT - 16, AT - 16 + length));
            assertThat(wire.get(JAVA_BYTE, 63)).isEqualTo(CANARY);
            assertThat(wire.get(JAVA_BYTE, 64 + length)).isEqualTo(CANARY);

            byte[] target = new byte[AT + length];
            Arrays.fill(target, CANARY);
            assertThat(opener.openFrom(wire, 64, length, target, AT)).isEqualTo(packet.length);
            assertThat(Arrays.copyOfRange(target, AT, AT + packet.length)).isEqualTo(packet);
            assertOnlyWritten(target, AT, length - 32);
        }
    }

    @Test
    void aDamagedPacketIsRefusedAndWritesNothingBeyondItsPlace() {
        EspSealer sealer = sealer(AeadAlgorithm.AES_256_GCM);
        EspOpener opener = opener(AeadAlgorithm.AES_256_GCM);
        byte[] packet = packet(40);
        int length = sealer.sealTo(framed(packet), AT, packet.length, wire, 0);

        for (int i = 4; i < length; i++) {
            wire.set(JAVA_BYTE, i, (byte) (wire.get(JAVA_BYTE, i) ^ 1));
            byte[] target = new byte[AT + length];
            Arrays.fill(target, CANARY);
            assertThat(opener.openFrom(wire, 0, length, target, AT))
                    .as("byte %d", i)
                    .isIn(EspVerdict.BAD_ICV, EspVerdict.REPLAYED);
            assertOnlyWritten(target, AT, length - 32);
            wire.set(JAVA_BYTE, i, (byte) (wire.get(JAVA_BYTE, i) ^ 1));
        }
        assertThat(opener.openFrom(wire, 0, length, new byte[200], 0)).isEqualTo(packet.length);
        assertThat(opener.openFrom(wire, 0, length, new byte[200], 0)).isEqualTo(EspVerdict.REPLAYED);
    }

    @Test
    void roomIsCheckedBeforeAnythingIsWritten() {
        EspSealer sealer = sealer(AeadAlgorithm.AES_256_GCM);
        EspOpener opener = opener(AeadAlgorithm.AES_256_GCM);
        byte[] packet = packet(40);
        int length = sealer.sealTo(framed(packet), AT, packet.length, wire, 0);

        assertThat(sealer.sealTo(packet, 0, packet.length, wire, 0)).isEqualTo(EspVerdict.NO_ROOM);
        assertThat(sealer.sealTo(framed(packet), AT, packet.length, wire, wire.byteSize() - length + 1))
                .isEqualTo(EspVerdict.NO_ROOM);
        assertThat(sealer.sealTo(framed(packet), AT, 19, wire, 0)).isEqualTo(EspVerdict.MALFORMED);
        assertThat(sealer.packets())
                .as("refused packets use no sequence number")
                .isEqualTo(1);
        assertThat(opener.openFrom(wire, 0, length, new byte[length - 33], 0)).isEqualTo(EspVerdict.NO_ROOM);
        assertThat(opener.openFrom(wire, wire.byteSize() - length + 4, length, new byte[200], 0))
                .isEqualTo(EspVerdict.MALFORMED);
    }

    @Test
    void everyTruncationIsRefused() {
        EspSealer sealer = sealer(AeadAlgorithm.AES_256_GCM);
        EspOpener opener = opener(AeadAlgorithm.AES_256_GCM);
        byte[] packet = packet(50);
        int length = sealer.sealTo(framed(packet), AT, packet.length, wire, 0);

        for (int cut = -1; cut < length; cut++) {
            assertThat(opener.openFrom(wire, 0, cut, new byte[200], 0)).isIn(EspVerdict.MALFORMED, EspVerdict.BAD_ICV);
        }
    }

    private static void assertOnlyWritten(byte[] target, int from, int length) {
        for (int i = 0; i < target.length; i++) {
            if (i < from || i >= from + length) {
                assertThat(target[i]).as("byte %d", i).isEqualTo(CANARY);
            }
        }
    }
}
