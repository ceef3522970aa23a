// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Certificate;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** Our certificate as IKE needs it; parsed once. */
record LocalCredentials(X509Certificate leaf, LocalIdentity identity) {

    /** Errors: IllegalArgumentException if the leaf is no certificate. */
    static LocalCredentials of(LocalIdentity identity) {
        try {
            return new LocalCredentials(Pem.certificate(identity.leafDer()), identity);
        } catch (MalformedException e) {
            throw new IllegalArgumentException("our own certificate cannot be read; enrol again", e);
        }
    }

    Identification identification(boolean initiator) {
        return CertificateNames.identification(initiator, leaf);
    }

    /** The leaf alone for our own peers, the chain for others. */
    List<IkePayload> certificates(boolean ownPeer) {
        List<IkePayload> payloads = new ArrayList<>();
        payloads.add(new Certificate(Certificate.X509_SIGNATURE, identity.leafDer()));
        if (!ownPeer) {
            identity.foreignChainDer().forEach(der -> payloads.add(new Certificate(Certificate.X509_SIGNATURE, der)));
        }
        return payloads;
    }

    /** Asks a foreign peer for a chain to one of our own authorities (RFC 7296 section 3.7): SHA-1 over each SPKI. */
    List<IkePayload> certificateRequest(CryptoProvider crypto) {
        WireWriter hashes = new WireWriter();
        for (byte[] der : identity.foreignChainDer()) {
            try {
                byte[] spki = Pem.certificate(der).getPublicKey().getEncoded();
                hashes.bytes(crypto.digest(HashAlgorithm.SHA1, spki));
            } catch (MalformedException e) {
                throw new IllegalArgumentException("our own chain cannot be read; enrol again", e);
            }
        }
        return hashes.position() == 0
                ? List.of()
                : List.of(new IkePayload.CertificateRequest(Certificate.X509_SIGNATURE, hashes.toByteArray()));
    }
}
