// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import io.vpnmesh.ipsec.message.Transform;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What of an IKE SA outlives it (RFC 5723 section 5): enough to make new keys and to know who the peer was.
 *
 * @param skD of the IKE SA that it comes from; closed with this
 * @param peerId the peer's identity there
 * @param peerCertificatesDer what it was judged by, and is judged by again: a ticket outlives no revocation
 */
record Resumption(IkeSuite suite, SecretBytes skD, Identification peerId, List<byte[]> peerCertificatesDer)
        implements AutoCloseable {

    private static final int MAX_CERTIFICATES = 8;

    Resumption {
        peerCertificatesDer = List.copyOf(peerCertificatesDer);
    }

    static Resumption of(IkeSa sa, PeerClaim peer) {
        return new Resumption(sa.suite(), sa.keys().resumptionSecret(), peer.id(), peer.certificatesDer());
    }

    boolean isOf(Identification id) {
        return id.idType() == peerId.idType() && Arrays.equals(id.data(), peerId.data());
    }

    /**
     * Shape: {@code transforms 1 × (type 1 | id 2 | key bits 2) | SK_d length 1, SK_d | identity type 1, length 2, data |
     * certificates 1 × (length 2, DER)}. The result is secret.
     */
    byte[] encode() {
        WireWriter writer = new WireWriter();
        List<Transform> transforms = Algorithms.transforms(suite);
        writer.u8(transforms.size());
        transforms.forEach(t -> writer.u8(t.type()).u16(t.id()).u16(t.keyBits()));
        writer.u8(skD.length()).bytes(skD.expose());
        writer.u8(peerId.idType()).u16(peerId.data().length).bytes(peerId.data());
        writer.u8(peerCertificatesDer.size());
        peerCertificatesDer.forEach(der -> writer.u16(der.length).bytes(der));
        return writer.toByteArray();
    }

    /**
     * @param peerIsInitiator whether the peer starts the resumed IKE SA
     */
    static Resumption decode(WireReader reader, boolean peerIsInitiator) throws MalformedException {
        List<Transform> transforms = new ArrayList<>();
        for (int left = reader.u8("transforms"); left > 0; left--) {
            transforms.add(
                    new Transform(reader.u8("transform type"), reader.u16("transform id"), reader.u16("key bits")));
        }
        byte[] skD = reader.bytes(reader.u8("SK_d length"), "SK_d");
        int idType = reader.u8("identity type");
        byte[] id = reader.bytes(reader.u16("identity length"), "identity");
        List<byte[]> certificates = new ArrayList<>();
        int count = reader.u8("certificates");
        for (int i = 0; i < count && i < MAX_CERTIFICATES; i++) {
            certificates.add(reader.bytes(reader.u16("certificate length"), "certificate"));
        }
        reader.end("resumption");
        Optional<IkeSuite> suite = Proposals.ikeSuite(transforms);
        if (suite.isEmpty() || certificates.isEmpty() || skD.length == 0) {
            throw new MalformedException(0, "resumption", "incomplete");
        }
        return new Resumption(
                suite.orElseThrow(),
                SecretBytes.owning(skD),
                new Identification(peerIsInitiator, idType, id),
                certificates);
    }

    @Override
    public void close() {
        skD.close();
    }
}
