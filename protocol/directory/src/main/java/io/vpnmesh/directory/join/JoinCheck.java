// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.join;

import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.ClusterConstraints;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.Pem;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** What a joiner demands of an answer before it believes a word of it. */
public final class JoinCheck {

    private JoinCheck() {}

    /**
     * Everything that can be wrong with an acceptance: the MAC, the pinned root, the certificates, the key, the names,
     * the prefixes.
     *
     * @param ownKey the key of the request's CSR
     * @return empty when all is right, else what is wrong, for people
     */
    public static Optional<String> problem(
            JoinAnswer.Accepted answer, JoinRequest request, JoinToken token, PublicKey ownKey, Instant now) {
        if (!answer.isFor(request, token.secret())) {
            return Optional.of(
                    "the answer was not made by the founder for this request: the relay or something between changed or"
                            + " replayed it");
        }
        boolean pinned = answer.roots().stream()
                .anyMatch(root -> MessageDigest.isEqual(Pem.fingerprint(root), token.rootSha256()));
        if (!pinned) {
            return Optional.of("none of the answer's roots has the fingerprint of the token");
        }
        ClusterDomain domain = new ClusterDomain(request.mesh(), request.cluster());
        return certificates(answer, domain, ownKey, now);
    }

    private static Optional<String> certificates(
            JoinAnswer.Accepted answer, ClusterDomain domain, PublicKey ownKey, Instant now) {
        Optional<ClusterConstraints> constraints =
                new CertificateVerifier(answer.roots(), List.of()).constraints(answer.intermediate(), now);
        if (constraints.isEmpty()) {
            return Optional.of("the intermediate is not valid under the mesh's root, now at " + now
                    + "; check the clocks of both clusters");
        }
        if (!constraints.get().domain().equals(domain)) {
            return Optional.of(
                    "the intermediate is for " + constraints.get().domain().suffix() + ", not " + domain.suffix());
        }
        if (!new HashSet<>(constraints.get().prefixes())
                .equals(new HashSet<>(answer.mesh().clusterPrefixes()))) {
            return Optional.of(
                    "the intermediate's prefixes " + constraints.get().prefixes() + " are not those of the answer "
                            + answer.mesh().clusterPrefixes());
        }
        if (!isFor(answer.intermediate(), ownKey) || !isFor(answer.foreignIntermediate(), ownKey)) {
            return Optional.of("the intermediate certifies another key than the one of the request");
        }
        return Optional.empty();
    }

    private static boolean isFor(X509Certificate certificate, PublicKey key) {
        return Arrays.equals(certificate.getPublicKey().getEncoded(), key.getEncoded());
    }
}
