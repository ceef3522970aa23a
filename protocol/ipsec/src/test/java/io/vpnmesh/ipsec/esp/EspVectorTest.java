// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.sa.SaLifetime;
import io.vpnmesh.ipsec.sa.SelectorSet;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import io.vpnmesh.ipsec.vectors.Vector;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Published ESP packets through the opener, and the sealer against the same packets where the IV allows. */
class EspVectorTest {

    private static final SelectorSet ANY = new SelectorSet(any(), any());

    private static List<TrafficSelector> any() {
        return List.of(TrafficSelector.of(Cidr.parse("0.0.0.0/0")), TrafficSelector.of(Cidr.parse("::/0")));
    }

    static List<Vector> packetsOfTheGcmDraft() {
        return Vector.of("esp-gcm.txt");
    }

    static List<Vector> tunnelPackets() {
        return Vector.of("esp-tunnel.txt");
    }

    private static EspOpener opener(Vector vector, int spi, boolean esn) {
        AeadAlgorithm cipher = AeadAlgorithm.valueOf(vector.text("cipher"));
        return new EspOpener(
                spi, new JdkCrypto().aead(cipher, vector.secret("key")), vector.secret("salt"), esn, ANY, 8192);
    }

    private static EspOpener openerOfDraft(Vector vector) {
        EspOpener opener = opener(vector, (int) vector.number("spi"), Boolean.parseBoolean(vector.text("esn")));
        startBehind(opener, vector.number("sequence") - 1);
        return opener;
    }

    /** The draft's packets lie deep in a stream, some beyond 2^63 packets, where no window of ours ever comes. */
    private static void startBehind(EspOpener opener, long sequence) {
        try {
            Field window = EspOpener.class.getDeclaredField("window");
            window.setAccessible(true);
            Field highest = ReplayWindow.class.getDeclaredField("highest");
            highest.setAccessible(true);
            highest.setLong(window.get(opener), sequence);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static byte[] packetOfDraft(Vector vector) {
        return new WireWriter(128)
                .i32((int) vector.number("spi"))
                .i32((int) vector.number("sequence"))
                .bytes(vector.bytes("iv"))
                .bytes(vector.bytes("sealed"))
                .toByteArray();
    }

    /** Next header 1 is not for tunnel mode, so MALFORMED is right; but it is said only after the integrity check. */
    @ParameterizedTest
    @MethodSource("packetsOfTheGcmDraft")
    void theDraftsPacketPassesTheIntegrityCheckAndDecryptsToItsPlaintext(Vector vector) {
        byte[] packet = packetOfDraft(vector);
        byte[] plain = vector.bytes("plain");
        EspOpener opener = openerOfDraft(vector);

        assertThat(opener.open(packet, 0, packet.length)).isEqualTo(EspVerdict.MALFORMED);
        assertThat(opener.lastNextHeader()).isEqualTo(1);
        assertThat(Arrays.copyOfRange(packet, 16, 16 + plain.length)).isEqualTo(plain);
        assertThat(opener.open(packetOfDraft(vector), 0, packet.length)).isEqualTo(EspVerdict.REPLAYED);
    }

    @ParameterizedTest
    @MethodSource("packetsOfTheGcmDraft")
    void theSamePacketDamagedAnywhereBehindTheSequenceNumberIsRefused(Vector vector) {
        byte[] whole = packetOfDraft(vector);
        EspOpener opener = openerOfDraft(vector);
        for (int i = 8; i < whole.length; i++) {
            byte[] packet = whole.clone();
            packet[i] ^= (byte) 0x80;
            assertThat(opener.open(packet, 0, packet.length)).as("byte %d", i).isEqualTo(EspVerdict.BAD_ICV);
        }
        assertThat(opener.open(whole, 0, whole.length)).isEqualTo(EspVerdict.MALFORMED);
    }

    /** The high half of an extended sequence number is not on the wire, but under the ICV (RFC 4106 section 5). */
    @ParameterizedTest
    @MethodSource("packetsOfTheGcmDraft")
    void theOtherKindOfSequenceNumberIsRefused(Vector vector) {
        byte[] packet = packetOfDraft(vector);
        boolean esn = Boolean.parseBoolean(vector.text("esn"));
        EspOpener opener = opener(vector, (int) vector.number("spi"), !esn);

        int verdict = opener.open(packet, 0, packet.length);

        assertThat(verdict).isIn(EspVerdict.BAD_ICV, EspVerdict.REPLAYED); // number 0 is never fresh without ESN
    }

    @ParameterizedTest
    @MethodSource("tunnelPackets")
    void aWholeTunnelPacketOpensToTheInnerPacket(Vector vector) {
        byte[] packet = vector.bytes("packet");
        byte[] inner = vector.bytes("inner");
        EspOpener opener = opener(vector, EspHeader.spi(packet, 0), false);

        assertThat(opener.open(packet, 0, packet.length)).isEqualTo(inner.length);
        assertThat(Arrays.copyOfRange(packet, 16, 16 + inner.length)).isEqualTo(inner);
        assertThat(opener.lastNextHeader()).isEqualTo(inner[0] >>> 4 == 4 ? 4 : 41);
    }

    /** Our IV is the sequence number, so only the frame can be compared with the published packet. */
    @ParameterizedTest
    @MethodSource("tunnelPackets")
    void sealingTheInnerPacketGivesAPacketOfTheSameShapeThatOpens(Vector vector) {
        byte[] published = vector.bytes("packet");
        byte[] inner = vector.bytes("inner");
        int spi = EspHeader.spi(published, 0);
        AeadAlgorithm cipher = AeadAlgorithm.valueOf(vector.text("cipher"));
        EspSealer sealer = new EspSealer(
                spi,
                new JdkCrypto().aead(cipher, vector.secret("key")),
                vector.secret("salt"),
                false,
                SaLifetime.DEFAULT);
        byte[] buffer = new byte[16 + inner.length + EspSealer.TAILROOM];
        System.arraycopy(inner, 0, buffer, 16, inner.length);

        int length = sealer.seal(buffer, 16, inner.length);

        assertThat(length).isEqualTo(published.length);
        assertThat(EspHeader.spi(buffer, 0)).isEqualTo(spi);
        assertThat(EspHeader.sequence(buffer, 0)).isEqualTo(1);
        assertThat(opener(vector, spi, false).open(buffer, 0, length)).isEqualTo(inner.length);
        assertThat(Arrays.copyOfRange(buffer, 16, 16 + inner.length)).isEqualTo(inner);
    }
}
