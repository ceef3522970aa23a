// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.TransformType;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
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

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
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

    private static byte[] join(byte[] first, byte[] second) {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(first);
        both.writeBytes(second);
        return both.toByteArray();
    }

    private List<byte[]> messages() {
        TestWire wire = new TestWire();
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        wire.establish(a, b);
        a.handle(new IkeInput.RekeyIke(a.only(IkeEvent.Established.class).session()));
        wire.run(Duration.ofSeconds(1));
        return wire.log.stream().map(TestWire.Message::bytes).toList();
    }

    @Test
    void ikeMessages() {
        hammer(40_000, messages(), HOSTILE::ikeMessage);
    }

    @Test
    void payloads() {
        List<TrafficSelector> selectors =
                List.of(TrafficSelector.of(Cidr.parse("10.0.0.0/8")), TrafficSelector.of(Cidr.parse("fd00::/8")));
        Payloads all = Payloads.of(
                new IkePayload.SecurityAssociation(Proposals.ike(SuiteName.DEFAULT, true, new byte[8])),
                new IkePayload.SecurityAssociation(Proposals.espAccepted(SuiteName.DEFAULT, true)),
                new IkePayload.KeyExchange(31, new byte[32]),
                new IkePayload.Nonce(new byte[32]),
                new IkePayload.Identification(true, IkePayload.Identification.FQDN, new byte[] {'a'}),
                new IkePayload.Certificate(4, new byte[] {1}),
                new IkePayload.CertificateRequest(4, new byte[20]),
                new IkePayload.Authentication(14, new byte[] {5, 6}),
                new IkePayload.Notify(3, new byte[] {9, 9, 9, 9}, NotifyType.REKEY_SA, new byte[0]),
                new IkePayload.Delete(TransformType.PROTOCOL_ESP, List.of(new byte[4], new byte[4])),
                new IkePayload.VendorId(new byte[16]),
                new IkePayload.TrafficSelectors(true, selectors),
                new IkePayload.TrafficSelectors(false, selectors));
        byte[] whole = join(new byte[] {(byte) all.all().getFirst().type()}, IkeMessageCodec.encodeInner(all));
        List<byte[]> each = all.all().stream()
                .map(p -> join(new byte[] {(byte) p.type()}, IkeMessageCodec.encodeInner(Payloads.of(p))))
                .toList();

        hammer(20_000, List.of(whole), HOSTILE::payloads);
        hammer(20_000, each, HOSTILE::payloads);
    }

    @Test
    void fragments() {
        byte[] three = HexFormat.of().parseHex("0101030411223344" + "0103030411223344" + "0102030411223344");
        byte[] grown = HexFormat.of().parseHex("010102021122" + "010103021122" + "0203030111" + "0180ff0111");
        hammer(20_000, List.of(three, grown), HOSTILE::fragments);
    }

    @Test
    void certificates() {
        LocalIdentity member = mesh.member(1);
        hammer(
                6_000,
                List.of(member.leafDer(), member.foreignChainDer().getFirst(), Pem.der(mesh.root())),
                HOSTILE::certificate);
    }

    @Test
    void espPackets() {
        byte[] udp = UdpPacket.build(TestMesh.address(2), 1, TestMesh.address(1), 2, new byte[7]);
        byte[] header = new byte[16];
        header[7] = 1;
        byte[] trailer = HexFormat.of().parseHex("01020304" + "05" + "05" + "04");
        hammer(40_000, List.of(join(join(header, udp), join(trailer, new byte[16]))), HOSTILE::espPacket);
    }

    @Test
    void sessions() {
        for (int round = 0; round < 2_000; round++) {
            byte[] input = new byte[3 * random.nextInt(60)];
            random.nextBytes(input);
            for (int i = 0; i < input.length; i += 3) {
                input[i] = random.nextInt(4) > 0 ? 5 : input[i]; // most messages pass, so that some get far
            }
            assertThatCode(() -> HOSTILE.session(input))
                    .as("round %d: %s", round, HexFormat.of().formatHex(input))
                    .doesNotThrowAnyException();
        }
    }
}
