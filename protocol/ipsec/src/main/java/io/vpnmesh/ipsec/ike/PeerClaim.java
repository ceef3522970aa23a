// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Authentication;
import io.vpnmesh.ipsec.message.IkePayload.Certificate;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A peer's IKE_AUTH message, taken apart: who it says it is, how it proves that, and what it tells about itself.
 *
 * @param payloads all of it
 */
record PeerClaim(
        Identification id,
        List<byte[]> certificatesDer,
        Authentication authentication,
        long bootEpoch,
        String pathCheckId,
        boolean initialContact,
        Payloads payloads) {

    private static final int MAX_CERTIFICATES = 8;
    private static final Pattern PATH_CHECK_ID = Pattern.compile("[0-9a-f]{16}");

    /** Empty without identity, certificate or AUTH: then the peer wants EAP or a pre-shared key. */
    static Optional<PeerClaim> of(Payloads payloads, Transcript transcript) {
        boolean peerIsInitiator = !transcript.isInitiator();
        Optional<Identification> id = payloads.identification(peerIsInitiator);
        List<byte[]> shown = payloads.every(Certificate.class).stream()
                .filter(c -> c.encoding() == Certificate.X509_SIGNATURE)
                .limit(MAX_CERTIFICATES)
                .map(Certificate::data)
                .toList();
        List<byte[]> certificates =
                transcript.resumed().map(Resumption::peerCertificatesDer).orElse(shown);
        Optional<Authentication> authentication = payloads.first(IkePayload.Authentication.class);
        if (id.isEmpty() || certificates.isEmpty() || authentication.isEmpty()) {
            return Optional.empty();
        }
        long epoch = payloads.notify(NotifyType.BOOT_EPOCH)
                .map(Notify::data)
                .filter(d -> d.length == 8)
                .map(d -> ByteBuffer.wrap(d).getLong())
                .orElse(0L);
        String pathCheckId = payloads.notify(NotifyType.PATHCHECK_ID)
                .map(n -> new String(n.data(), StandardCharsets.US_ASCII))
                .filter(text -> PATH_CHECK_ID.matcher(text).matches())
                .orElse("");
        return Optional.of(new PeerClaim(
                id.orElseThrow(),
                certificates,
                authentication.orElseThrow(),
                epoch,
                pathCheckId,
                payloads.has(NotifyType.INITIAL_CONTACT),
                payloads));
    }

    /** Checks identity against certificate, and signature against transcript; empty if both hold, else what fails. */
    Optional<String> problem(PeerAuthenticator authenticator, Transcript transcript) {
        Optional<Resumption> resumed = transcript.resumed();
        if (resumed.isPresent()) {
            return resumptionProblem(resumed.orElseThrow(), transcript);
        }
        try {
            X509Certificate leaf = Pem.certificate(certificatesDer.getFirst());
            if (!CertificateNames.entitles(leaf, id)) {
                return Optional.of("the peer's IKE identity is not in its certificate");
            }
            var octets = transcript.signedOctets(id.initiator(), id);
            return authenticator.verify(leaf.getPublicKey(), authentication, octets)
                    ? Optional.empty()
                    : Optional.of("the peer's AUTH signature is wrong");
        } catch (MalformedException e) {
            return Optional.of("the peer's certificate cannot be read: " + e.getMessage());
        }
    }

    private Optional<String> resumptionProblem(Resumption resumed, Transcript transcript) {
        if (!resumed.isOf(id)) {
            return Optional.of("the peer resumes with another identity");
        }
        IkeKeys keys = transcript.sa().keys();
        return PeerAuthenticator.verifyMac(
                        keys.prf(),
                        keys.authentication(id.initiator()),
                        authentication,
                        transcript.signedOctets(id.initiator(), id))
                ? Optional.empty()
                : Optional.of("the peer does not know the keys that it resumes with");
    }

    /** The addresses in a certificate as what its holder may select. */
    static List<Cidr> allowed(NodeIdentity identity) {
        return identity.addresses().stream().map(Cidr::host).toList();
    }
}
