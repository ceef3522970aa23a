// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.ipsec.esp.EspOpener;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Certificate;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import io.vpnmesh.ipsec.message.PayloadType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.sa.SelectorSet;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;

/**
 * Everything in this module that reads bytes from outside, as functions of arbitrary bytes. None of them may throw
 * anything or take long, whatever comes in; what a fuzzer finds is an input of one of them. {@link ValidTraffic} has
 * what an honest peer would send to each.
 */
final class HostileBytes {

    private static final int SPI = 0x8000_0001;
    private static final List<Cidr> ALLOWED = List.of(Cidr.host(TestMesh.address(1)), Cidr.parse("fd00::/64"));

    private final TestMesh mesh = TestMesh.repeatable();
    private final Simulation.Members members = Simulation.Members.of(mesh);
    private final X509Certificate leaf = parsed(members.first().leafDer());

    private static X509Certificate parsed(byte[] der) {
        try {
            return Pem.certificate(der);
        } catch (MalformedException e) {
            throw new IllegalStateException("our own certificate", e);
        }
    }

    TestMesh mesh() {
        return mesh;
    }

    Simulation.Members members() {
        return members;
    }

    /** A whole message, as it comes out of the socket. */
    void ikeMessage(byte[] data) {
        try {
            IkeHeader header = IkeHeader.decode(data);
            IkeMessageCodec.decode(data, header);
            OneWay.invalidSpi(header, data);
        } catch (MalformedException _) {
            // the only thing that may be said of it
        }
    }

    /** Payloads behind the integrity check: the type of the first, then all of them. */
    void payloads(byte[] data) {
        if (data.length == 0) {
            return;
        }
        try {
            IkeMessageCodec.encodeInner(IkeMessageCodec.decodeInner(data[0] & 0xFF, data, 1, data.length - 1));
        } catch (MalformedException _) {
            // as above
        }
    }

    /** One payload that is framed well: its type, then its body; and what reads the inside of it later. */
    void payload(byte[] data) {
        if (data.length == 0) {
            return;
        }
        try {
            for (IkePayload payload : framed(data[0] & 0xFF, data, 1).all()) {
                readOn(payload);
            }
        } catch (MalformedException _) {
            // as above
        }
    }

    /** The rest of the bytes as the body of one payload, decoded. */
    private static Payloads framed(int type, byte[] data, int offset) throws MalformedException {
        byte[] chain = new byte[4 + data.length - offset];
        ByteBuffer.wrap(chain).putShort(2, (short) chain.length);
        System.arraycopy(data, offset, chain, 4, data.length - offset);
        return IkeMessageCodec.decodeInner(type, chain, 0, chain.length);
    }

    private void readOn(IkePayload payload) throws MalformedException {
        switch (payload) {
            case IkePayload.SecurityAssociation sa -> {
                Proposals.chooseIke(sa.proposals(), ValidTraffic.IKE_PROPOSALS, new byte[8]);
                Proposals.acceptIke(sa.proposals(), ValidTraffic.IKE_PROPOSALS);
                Proposals.chooseEsp(sa.proposals(), ValidTraffic.ESP_PROPOSALS, new byte[4]);
                Proposals.acceptEsp(sa.proposals(), ValidTraffic.ESP_PROPOSALS);
            }
            case IkePayload.Authentication auth -> {
                byte[] none = new byte[0];
                new PeerAuthenticator(new JdkCrypto())
                        .verify(leaf.getPublicKey(), auth, new PeerAuthenticator.SignedOctets(none, none, none, none));
            }
            case IkePayload.Identification id -> CertificateNames.entitles(leaf, id);
            case IkePayload.Notify notify -> {
                CrashTokens.offered(Payloads.of(notify)).ifPresent(SecretBytes::close);
                Resumption.decode(new WireReader(notify.data()), true).close();
            }
            default -> {}
        }
    }

    /** What a REDIRECT says (RFC 5685 section 6), which strangers may send. */
    void redirect(byte[] data) {
        try {
            Gateway.Redirect.decode(new IkePayload.Notify(ValidTraffic.REDIRECT, data));
        } catch (MalformedException _) {
            // as above
        }
    }

    /** The body of a TS payload, then a packet that is held against it: its length, selectors, packet. */
    void selectors(byte[] data) {
        if (data.length == 0) {
            return;
        }
        int length = Math.min(data[0] & 0xFF, data.length - 1);
        try {
            Payloads decoded = framed(PayloadType.TSI, Arrays.copyOf(data, 1 + length), 1);
            List<TrafficSelector> asked = decoded.selectors(true).orElseThrow().selectors();
            List<TrafficSelector> left = Narrowing.narrow(asked, ALLOWED);
            Narrowing.isWithin(left, asked);
            IpView packet = new IpView();
            if (packet.wrap(data, 1 + length, data.length - 1 - length)) {
                new SelectorSet(asked, left).matches(packet);
            }
        } catch (MalformedException _) {
            // as above
        }
    }

    /** Fragments in any order: message id, number, total and length in a byte each, then the piece. */
    void fragments(byte[] data) {
        FragmentBudget budget = new FragmentBudget();
        Reassembler reassembler = new Reassembler(2_000, budget);
        ByteBuffer in = ByteBuffer.wrap(data);
        while (in.remaining() >= 4) {
            int id = in.get();
            int number = in.get() & 0xFF;
            int total = in.get() & 0xFF;
            byte[] piece = new byte[Math.min(in.get() & 0xFF, in.remaining())];
            in.get(piece);
            if (number == 0 || number > total) {
                continue; // the message codec lets no other through
            }
            IkePayload.EncryptedFragment fragment = new IkePayload.EncryptedFragment(0, number, total, 0);
            if (reassembler.wants(id, false, fragment)) {
                reassembler.add(id, false, fragment, piece);
            }
        }
        reassembler.clear();
    }

    /** CERT payloads as a peer shows them: the chain, leaf first, in the shape of {@link #payloads}. */
    void certificates(byte[] data) {
        if (data.length == 0) {
            return;
        }
        try {
            Payloads decoded = IkeMessageCodec.decodeInner(data[0] & 0xFF, data, 1, data.length - 1);
            List<byte[]> chain = decoded.every(Certificate.class).stream()
                    .map(Certificate::data)
                    .toList();
            mesh.verifier().verify(chain, TestMesh.NOW);
            if (!chain.isEmpty()) {
                certificate(chain.getFirst());
            }
        } catch (MalformedException _) {
            // as above
        }
    }

    /** One certificate, beside a good one too, and the names in it. */
    void certificate(byte[] data) {
        mesh.verifier().verify(List.of(data), TestMesh.NOW);
        mesh.verifier().verify(List.of(members.first().leafDer(), data), TestMesh.NOW);
        try {
            X509Certificate shown = Pem.certificate(data);
            for (int type : new int[] {
                Identification.FQDN, Identification.IPV4_ADDR, Identification.IPV6_ADDR, Identification.DER_ASN1_DN
            }) {
                CertificateNames.entitles(shown, new Identification(true, type, new byte[4]));
            }
            CertificateNames.identification(false, shown);
        } catch (MalformedException _) {
            // as above
        }
    }

    /** A packet for a Child SA whose tag was right. */
    void espPacket(byte[] data) {
        try (SecretBytes key = SecretBytes.owning(new byte[32]);
                SecretBytes salt = SecretBytes.owning(new byte[4])) {
            EspOpener opener = new EspOpener(
                    SPI,
                    new TransparentCrypto(1).aead(AeadAlgorithm.AES_256_GCM, key),
                    salt,
                    true,
                    new SelectorSet(
                            List.of(TrafficSelector.of(Cidr.host(TestMesh.address(2)))),
                            List.of(TrafficSelector.of(Cidr.host(TestMesh.address(1))))),
                    EspOpener.DEFAULT_WINDOW);
            byte[] packet = Arrays.copyOf(data, Math.max(4, data.length));
            ByteBuffer.wrap(packet).putInt(SPI);
            opener.open(packet, 0, packet.length);
            opener.open(packet, 0, packet.length);
        }
    }

    /** Two engines that believe every tag and signature, as {@link HostileSession} lets the bytes have it. */
    void session(byte[] data) {
        new HostileSession(this, data).run();
    }
}
