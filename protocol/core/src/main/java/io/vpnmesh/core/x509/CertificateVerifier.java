// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.crypto.Curve25519;
import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.bouncycastle.asn1.x509.Extension;

/**
 * Says who a certificate chain belongs to, or why not. Immutable and pure: the wall clock comes in with each question.
 *
 * <p>A chain is exactly root, intermediate, leaf. The intermediate must carry critical constraints on IP, DNS and URI
 * names; the leaf's exact set of names, its node id, generation and role are part of the verdict. Where the
 * intermediate is known, the leaf alone is enough.
 *
 * <p>Source: RFC 5280 section 6, narrowed to this one shape.
 */
public final class CertificateVerifier {

    /** Leaf, two intermediates during a rotation, root. */
    private static final int MAX_CHAIN = 4;

    private static final String ED25519 = "1.3.101.112";
    private static final Set<String> SIGNATURE_ALGORITHMS = Set.of(ED25519, "1.2.840.10045.4.3.2");

    private static final int KEY_CERT_SIGN = 5;

    /** Of all verifiers: each piece of news from the feed makes a new one. */
    private static final AuthoritySignatures AUTHORITIES = new AuthoritySignatures();

    private final List<X509Certificate> roots;
    private final List<X509Certificate> intermediates;
    private final Revocations revocations;

    /**
     * @param roots the mesh's anchors; two while the root is rotated
     * @param intermediates those of known clusters, so that a leaf alone can be verified; may be empty
     */
    public CertificateVerifier(
            Collection<X509Certificate> roots, Collection<X509Certificate> intermediates, Revocations revocations) {
        this.roots = List.copyOf(roots);
        this.intermediates = List.copyOf(intermediates);
        this.revocations = revocations;
    }

    public CertificateVerifier(Collection<X509Certificate> roots, Collection<X509Certificate> intermediates) {
        this(roots, intermediates, Revocations.NONE);
    }

    /**
     * Verifies what a peer showed.
     *
     * @param leafFirstDer DER certificates as they came from the network: the leaf, then whatever the peer sent with it
     */
    public Verdict verify(List<byte[]> leafFirstDer, Instant now) {
        if (leafFirstDer.isEmpty() || leafFirstDer.size() > MAX_CHAIN) {
            return new Verdict.Refused(
                    RefusalReason.MALFORMED,
                    "a chain has 1 to " + MAX_CHAIN + " certificates, not " + leafFirstDer.size());
        }
        try {
            List<X509Certificate> chain = new ArrayList<>();
            for (byte[] der : leafFirstDer) {
                chain.add(Pem.certificate(der));
            }
            return verify(chain.getFirst(), chain.subList(1, chain.size()), now);
        } catch (MalformedException e) {
            return new Verdict.Refused(RefusalReason.MALFORMED, e.getMessage());
        } catch (Refusal e) {
            return e.verdict();
        }
    }

    /** As {@link #verify(List, Instant)}, for chains that are parsed already. */
    public Verdict verifyChain(List<X509Certificate> leafFirst, Instant now) {
        return verify(leafFirst.stream().map(Pem::der).toList(), now);
    }

    /** What a full intermediate of this mesh may sign; empty for one that is refused. */
    public Optional<ClusterConstraints> constraints(X509Certificate intermediate, Instant now) {
        try {
            ClusterConstraints constraints = checkIntermediate(intermediate, now);
            boolean revoked = revocations.isClusterRevoked(constraints.domain().cluster());
            return revoked ? Optional.empty() : Optional.of(constraints);
        } catch (Refusal _) {
            return Optional.empty();
        }
    }

    private Verdict verify(X509Certificate leaf, List<X509Certificate> sent, Instant now) throws Refusal {
        X509Certificate issuer = issuerOf(leaf, sent);
        ClusterConstraints constraints = checkIntermediate(issuer, now);
        refuseWeak(leaf);
        refuseWrongTime(leaf, "certificate", now);
        if (leaf.getBasicConstraints() >= 0 || keyUsage(leaf, KEY_CERT_SIGN) || !keyUsage(leaf, 0)) {
            throw new Refusal(RefusalReason.MALFORMED, "a leaf may sign data and never certificates");
        }
        LeafNames.refuseUnknownCritical(
                leaf, Extension.basicConstraints, Extension.keyUsage, Extension.subjectAlternativeName);
        NodeIdentity identity = LeafNames.read(leaf);
        enforce(constraints, identity);
        refuseRevoked(identity, leaf);
        Instant notAfter = earlier(leaf, issuer);
        return new Verdict.Trusted(identity, notAfter, leaf, constraints.prefixes());
    }

    private X509Certificate issuerOf(X509Certificate leaf, List<X509Certificate> sent) throws Refusal {
        Optional<X509Certificate> unconstrained = Optional.empty();
        List<X509Certificate> candidates = new ArrayList<>(intermediates);
        candidates.addAll(sent);
        for (X509Certificate candidate : candidates) {
            if (!isSignedBy(leaf, candidate)) {
                continue;
            }
            if (hasClusterConstraints(candidate)) {
                return candidate;
            }
            unconstrained = Optional.of(candidate);
        }
        if (unconstrained.isPresent()) {
            throw new Refusal(
                    RefusalReason.UNCONSTRAINED_ISSUER,
                    "the intermediate " + name(unconstrained.get()) + " lacks critical constraints on IP, DNS and URI");
        }
        throw new Refusal(
                RefusalReason.UNKNOWN_ISSUER,
                "issued by " + leaf.getIssuerX500Principal() + ", which is not known here");
    }

    private ClusterConstraints checkIntermediate(X509Certificate intermediate, Instant now) throws Refusal {
        X509Certificate root = roots.stream()
                .filter(candidate ->
                        AUTHORITIES.isGood(intermediate, candidate, () -> isSignedBy(intermediate, candidate)))
                .findFirst()
                .orElseThrow(() -> new Refusal(
                        RefusalReason.UNKNOWN_ISSUER,
                        "the intermediate " + name(intermediate) + " was not signed by a root of this mesh"));
        refuseWeak(intermediate);
        refuseWrongTime(root, "root", now);
        refuseWrongTime(intermediate, "intermediate", now);
        if (intermediate.getBasicConstraints() != 0 || !keyUsage(intermediate, KEY_CERT_SIGN)) {
            throw new Refusal(RefusalReason.MALFORMED, name(intermediate) + " is not an authority with path length 0");
        }
        LeafNames.refuseUnknownCritical(
                intermediate, Extension.basicConstraints, Extension.keyUsage, Extension.nameConstraints);
        try {
            return ClusterConstraints.of(intermediate);
        } catch (MalformedException e) {
            throw new Refusal(RefusalReason.UNCONSTRAINED_ISSUER, name(intermediate) + ": " + e.getMessage());
        }
    }

    private static void enforce(ClusterConstraints constraints, NodeIdentity identity) throws Refusal {
        if (!identity.domain().equals(constraints.domain())) {
            throw new Refusal(
                    RefusalReason.NAME_CONSTRAINT,
                    "cluster " + constraints.domain().cluster() + " signed a name of "
                            + identity.domain().suffix());
        }
        for (IpAddress address : identity.addresses()) {
            if (!constraints.permits(address)) {
                throw new Refusal(
                        RefusalReason.NAME_CONSTRAINT,
                        "address " + address + " is outside the prefixes of cluster " + identity.cluster() + ": "
                                + constraints.prefixes());
            }
        }
    }

    private void refuseRevoked(NodeIdentity identity, X509Certificate leaf) throws Refusal {
        ClusterId cluster = identity.cluster();
        if (revocations.isClusterRevoked(cluster)) {
            throw new Refusal(RefusalReason.REVOKED, "cluster " + cluster + " is revoked");
        }
        if (revocations.isNodeRevoked(cluster, identity.node(), identity.generation())
                || revocations.isSerialRevoked(cluster, leaf.getSerialNumber())) {
            throw new Refusal(
                    RefusalReason.REVOKED,
                    "node " + identity.node() + " generation " + identity.generation() + " is revoked");
        }
    }

    private static void refuseWrongTime(X509Certificate certificate, String what, Instant now) throws Refusal {
        Instant notBefore = certificate.getNotBefore().toInstant();
        Instant notAfter = certificate.getNotAfter().toInstant();
        if (now.isBefore(notBefore)) {
            throw new Refusal(
                    RefusalReason.NOT_YET_VALID,
                    what + " is valid from " + notBefore + ", the clock here says " + now
                            + ": clock skew; correct the clock of this host or of the issuer");
        }
        if (now.isAfter(notAfter)) {
            throw new Refusal(
                    RefusalReason.EXPIRED,
                    what + " expired at " + notAfter + ", the clock here says " + now + ": it was not renewed in time");
        }
    }

    private static void refuseWeak(X509Certificate certificate) throws Refusal {
        try {
            MeshKeyPair.suiteOf(certificate.getPublicKey());
        } catch (MalformedException e) {
            throw new Refusal(RefusalReason.WEAK_ALGORITHM, e.getMessage());
        }
        if (!SIGNATURE_ALGORITHMS.contains(certificate.getSigAlgOID()) || certificate.getVersion() != 3) {
            throw new Refusal(
                    RefusalReason.WEAK_ALGORITHM,
                    "signature algorithm " + certificate.getSigAlgName() + " is not allowed");
        }
    }

    /** An authority's name is encoded in the same way in what it has signed: RFC 5280 section 4.1.2.6. */
    private static boolean isSignedBy(X509Certificate certificate, X509Certificate authority) {
        byte[] issuer = certificate.getIssuerX500Principal().getEncoded();
        if (!Arrays.equals(issuer, authority.getSubjectX500Principal().getEncoded())
                || !SIGNATURE_ALGORITHMS.contains(certificate.getSigAlgOID())) {
            return false;
        }
        try {
            if (certificate.getSigAlgOID().equals(ED25519)) {
                return Curve25519.verify(
                        authority.getPublicKey(), certificate.getSignature(), certificate.getTBSCertificate());
            }
            certificate.verify(authority.getPublicKey());
            return true;
        } catch (GeneralSecurityException _) {
            return false;
        }
    }

    private static boolean hasClusterConstraints(X509Certificate certificate) {
        try {
            ClusterConstraints.of(certificate);
            return true;
        } catch (MalformedException _) {
            return false;
        }
    }

    private static boolean keyUsage(X509Certificate certificate, int bit) {
        boolean[] usage = certificate.getKeyUsage();
        return usage != null && usage[bit];
    }

    private static Instant earlier(X509Certificate leaf, X509Certificate issuer) {
        Instant a = leaf.getNotAfter().toInstant();
        Instant b = issuer.getNotAfter().toInstant();
        return a.isBefore(b) ? a : b;
    }

    private static String name(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }
}
