// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.identity;

import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.Verdict;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A node's key with the certificate that fits it.
 *
 * @param identity what the certificate says
 * @param intermediate the full one
 * @param foreignIntermediate of the same key without IP constraint, for peers that are not ours
 * @param roots the mesh's anchors; two while the root is rotated
 * @param renewAfter when to ask for the next certificate
 */
public record NodeCredentials(
        MeshKeyPair keyPair,
        NodeIdentity identity,
        X509Certificate leaf,
        X509Certificate intermediate,
        X509Certificate foreignIntermediate,
        List<X509Certificate> roots,
        Instant notAfter,
        Instant renewAfter) {

    public NodeCredentials {
        roots = List.copyOf(roots);
    }

    /**
     * Puts credentials together and checks that they are usable now.
     * Errors: UnusableCredentialsException when key, chain, roots or time do not fit; the message says which.
     */
    public static NodeCredentials of(
            MeshKeyPair keyPair,
            X509Certificate leaf,
            X509Certificate intermediate,
            X509Certificate foreignIntermediate,
            List<X509Certificate> roots,
            Instant renewAfter,
            Instant now)
            throws UnusableCredentialsException {
        if (!Arrays.equals(leaf.getPublicKey().getEncoded(), keyPair.publicKey().getEncoded())) {
            throw new UnusableCredentialsException("the certificate is for another key than the one here");
        }
        Verdict verdict =
                new CertificateVerifier(roots, List.of(intermediate)).verifyChain(List.of(leaf, intermediate), now);
        return switch (verdict) {
            case Verdict.Refused refused ->
                throw new UnusableCredentialsException(refused.reason() + ": " + refused.message());
            case Verdict.Trusted trusted ->
                new NodeCredentials(
                        keyPair,
                        trusted.identity(),
                        leaf,
                        intermediate,
                        foreignIntermediate,
                        roots,
                        trusted.notAfter(),
                        renewAfter);
        };
    }

    /** What a TLS peer is shown: leaf, intermediate, and the root for those who pin it. */
    public List<X509Certificate> tlsChain() {
        List<X509Certificate> chain = new ArrayList<>(List.of(leaf, intermediate));
        roots.stream()
                .filter(root -> root.getSubjectX500Principal().equals(intermediate.getIssuerX500Principal()))
                .findFirst()
                .ifPresent(chain::add);
        return chain;
    }
}
