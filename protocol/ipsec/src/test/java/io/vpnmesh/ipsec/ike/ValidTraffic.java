// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.Proposal;
import io.vpnmesh.ipsec.message.TransformType;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What an honest peer sends to each door of {@link HostileBytes}: where changing bytes starts from. */
final class ValidTraffic {

    static final int REDIRECT = NotifyType.REDIRECT;
    static final List<Proposal> IKE_PROPOSALS = Proposals.ike(SuiteName.DEFAULT, true, new byte[8]);
    static final List<Proposal> ESP_PROPOSALS = Proposals.espAccepted(SuiteName.DEFAULT, true);

    private static final HexFormat HEX = HexFormat.of();

    private final HostileBytes world;

    ValidTraffic(HostileBytes world) {
        this.world = world;
    }

    /** Of sessions of every kind, from IKE_SA_INIT or IKE_SESSION_RESUME to the last Delete; each message once. */
    List<byte[]> ikeMessages() {
        List<byte[]> all = new ArrayList<>();
        for (byte[] kind : sessions()) {
            HostileSession session = new HostileSession(world, kind);
            session.run();
            all.addAll(session.sent());
        }
        return all;
    }

    /** One session of each kind, and nothing happens to its messages. */
    List<byte[]> sessions() {
        return IntStream.of(
                        0,
                        HostileSession.CLASSIC,
                        HostileSession.CLASSIC | HostileSession.FOREIGN,
                        HostileSession.CROSSING,
                        HostileSession.SIGNALLED | HostileSession.SECRETS,
                        HostileSession.SECRETS | HostileSession.RESTARTING,
                        HostileSession.SECRETS | HostileSession.CLOSING)
                .mapToObj(kind -> new byte[] {(byte) kind})
                .toList();
    }

    private static List<IkePayload> everyPayload() {
        List<TrafficSelector> selectors =
                List.of(TrafficSelector.of(Cidr.parse("10.0.0.0/8")), TrafficSelector.of(Cidr.parse("fd00::/8")));
        return List.of(
                new IkePayload.SecurityAssociation(IKE_PROPOSALS),
                new IkePayload.SecurityAssociation(ESP_PROPOSALS),
                new IkePayload.KeyExchange(31, new byte[32]),
                new IkePayload.Nonce(new byte[32]),
                new IkePayload.Identification(true, IkePayload.Identification.FQDN, new byte[] {'a'}),
                new IkePayload.Certificate(4, new byte[] {1}),
                new IkePayload.CertificateRequest(4, new byte[20]),
                new IkePayload.Authentication(14, HEX.parseHex("07300506032b6570" + "00".repeat(64))),
                new IkePayload.Notify(3, new byte[] {9, 9, 9, 9}, NotifyType.REKEY_SA, new byte[0]),
                new IkePayload.Delete(TransformType.PROTOCOL_ESP, List.of(new byte[4], new byte[4])),
                new IkePayload.VendorId(new byte[16]),
                new IkePayload.TrafficSelectors(true, selectors),
                new IkePayload.TrafficSelectors(false, selectors));
    }

    private static byte[] chain(IkePayload... payloads) {
        Payloads all = Payloads.of(payloads);
        return join(new byte[] {(byte) all.all().getFirst().type()}, IkeMessageCodec.encodeInner(all));
    }

    /** All payloads in one chain, and each alone. */
    List<byte[]> payloads() {
        List<IkePayload> every = everyPayload();
        return Stream.concat(
                        Stream.of(chain(every.toArray(IkePayload[]::new))),
                        every.stream().map(ValidTraffic::chain))
                .toList();
    }

    /** Each payload's type and body, without the generic header. */
    List<byte[]> bodies() {
        return everyPayload().stream()
                .map(ValidTraffic::chain)
                .map(chain -> join(Arrays.copyOf(chain, 1), Arrays.copyOfRange(chain, 5, chain.length)))
                .toList();
    }

    List<byte[]> redirects() {
        byte[] nonce = new byte[32];
        return Stream.of(
                        new Gateway.Name("relay-1.example.org"),
                        new Gateway.Address(IpAddress.parse("192.0.2.7")),
                        new Gateway.Address(IpAddress.parse("2001:db8::7")))
                .map(to -> Gateway.redirect(to, nonce).data())
                .toList();
    }

    /** Selectors of both families, and a packet of each that fits. */
    List<byte[]> selectors() {
        IkePayload selectors = new IkePayload.TrafficSelectors(
                true,
                List.of(
                        TrafficSelector.of(Cidr.parse("10.77.0.0/16")),
                        new TrafficSelector(17, 53, 5353, IpAddress.parse("fd00::1"), IpAddress.parse("fd00::9"))));
        byte[] chain = chain(selectors);
        byte[] body = Arrays.copyOfRange(chain, 5, chain.length);
        byte[] counted = join(new byte[] {(byte) body.length}, body);
        byte[] v6 = HEX.parseHex("60000000" + "0008" + "11" + "40" + "fd00" + "00".repeat(13) + "01" + "fd00"
                + "00".repeat(13) + "02" + "0035" + "1000" + "0008" + "0000");
        return List.of(
                join(counted, UdpPacket.build(TestMesh.address(2), 1, TestMesh.address(1), 2, new byte[3])),
                join(counted, v6));
    }

    /** Three fragments out of order; and a sender that changes its mind about how many there are. */
    List<byte[]> fragments() {
        return List.of(
                HEX.parseHex("0101030411223344" + "0103030411223344" + "0102030411223344"),
                HEX.parseHex("010102021122" + "010103021122" + "0203030111" + "0180ff0111"));
    }

    /** The chains of our own peers and of foreign ones, and a self-signed root. */
    List<byte[]> certificates() {
        LocalIdentity member = world.members().first();
        byte[] foreign = member.foreignChainDer().getFirst();
        return List.of(
                chain(certificate(member.leafDer())),
                chain(certificate(member.leafDer()), certificate(foreign)),
                chain(certificate(Pem.der(world.mesh().root()))),
                chain(certificate(foreign)));
    }

    private static IkePayload certificate(byte[] der) {
        return new IkePayload.Certificate(IkePayload.Certificate.X509_SIGNATURE, der);
    }

    /** Header, a UDP packet, padding of five, and a tag. */
    List<byte[]> espPackets() {
        byte[] udp = UdpPacket.build(TestMesh.address(2), 1, TestMesh.address(1), 2, new byte[7]);
        byte[] header = new byte[16];
        header[7] = 1;
        byte[] trailer = HEX.parseHex("0102030405" + "05" + "04");
        return List.of(join(join(header, udp), join(trailer, new byte[16])));
    }

    static byte[] join(byte[] first, byte[] second) {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(first);
        both.writeBytes(second);
        return both.toByteArray();
    }
}
