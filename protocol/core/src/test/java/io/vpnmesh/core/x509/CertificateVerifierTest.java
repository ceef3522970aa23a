// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import static io.vpnmesh.core.x509.TestPki.NOW;
import static io.vpnmesh.core.x509.TestPki.RANDOM;
import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CertificateVerifierTest {

    private final TestPki pki = new TestPki(SuiteName.DEFAULT);

    @ParameterizedTest
    @EnumSource(SuiteName.class)
    void leafAloneIsEnoughWhereTheIntermediateIsKnown(SuiteName suite) {
        TestPki own = new TestPki(suite);
        NodeIdentity identity = own.a.identity(NodeRole.SIDECAR, "198.18.0.7", "fd00:1::7");
        X509Certificate leaf = own.a.leaf(identity);

        Verdict verdict = own.verifier().verify(List.of(Pem.der(leaf)), NOW);

        assertThat(verdict)
                .isEqualTo(new Verdict.Trusted(
                        identity,
                        leaf.getNotAfter().toInstant(),
                        leaf,
                        List.of(Cidr.parse("198.18.0.0/20"), Cidr.parse("fd00:1::/64"))));
    }

    @Test
    void chainBringsAnUnknownIntermediateAlong() {
        X509Certificate leaf = pki.a.leaf(pki.a.identity(NodeRole.SIDECAR, "198.18.0.7"));
        CertificateVerifier strange = new CertificateVerifier(List.of(pki.root), List.of());

        assertThat(strange.verifyChain(List.of(leaf, pki.a.full, pki.root), NOW))
                .isInstanceOf(Verdict.Trusted.class);
        assertThat(reason(strange.verifyChain(List.of(leaf), NOW))).isEqualTo(RefusalReason.UNKNOWN_ISSUER);
    }

    @Test
    void hostileIntermediateCannotSignAnotherClustersNames() {
        NodeIdentity victim = pki.b.identity(NodeRole.SIDECAR, "198.18.0.7"); // B's names, an address of A
        X509Certificate forged = pki.a.leaf(victim);

        Verdict verdict = pki.verifier().verifyChain(List.of(forged, pki.a.full, pki.root), NOW);

        assertThat(reason(verdict)).isEqualTo(RefusalReason.NAME_CONSTRAINT);
    }

    @Test
    void hostileIntermediateCannotSignAnotherClustersAddresses() {
        X509Certificate forged = pki.a.leaf(pki.a.identity(NodeRole.SIDECAR, "198.18.16.9"));

        Verdict verdict = pki.verifier().verifyChain(List.of(forged, pki.a.full), NOW);

        assertThat(reason(verdict)).isEqualTo(RefusalReason.NAME_CONSTRAINT);
        assertThat(message(verdict)).contains("198.18.16.9");
    }

    @Test
    void hostileIntermediateCannotMakeItselfASubordinate() {
        MeshKeyPair key = MeshKeyPair.generate(SuiteName.DEFAULT, RANDOM);
        X509Certificate subordinate = pki.a.issuer.newIntermediate(
                IntermediateKind.FULL,
                pki.b.domain,
                key.publicKey(),
                List.of(Cidr.parse("198.18.16.0/20")),
                NOW,
                TestPki.YEARS);
        X509Certificate forged = new CertificateIssuer(subordinate, key.privateKey(), RANDOM)
                .newLeaf(key.publicKey(), pki.b.identity(NodeRole.SIDECAR, "198.18.16.9"), NOW, TestPki.DAYS);

        Verdict verdict = pki.verifier().verifyChain(List.of(forged, subordinate, pki.a.full, pki.root), NOW);

        assertThat(reason(verdict)).isEqualTo(RefusalReason.UNKNOWN_ISSUER);
    }

    @Test
    void leafIsNoAuthority() {
        MeshKeyPair key = MeshKeyPair.generate(SuiteName.DEFAULT, RANDOM);
        NodeIdentity identity = pki.a.identity(NodeRole.SIDECAR, "198.18.0.7");
        X509Certificate leaf = pki.a.issuer.newLeaf(key.publicKey(), identity, NOW, TestPki.DAYS);
        // Its key signs in the intermediate's name: the leaf itself has none, and no parser takes an empty issuer.
        X509Certificate forged = new CertificateIssuer(pki.a.full, key.privateKey(), RANDOM)
                .newLeaf(key.publicKey(), identity, NOW, TestPki.DAYS);

        Verdict verdict = pki.verifier().verifyChain(List.of(forged, leaf, pki.a.full), NOW);

        assertThat(reason(verdict)).isEqualTo(RefusalReason.UNKNOWN_ISSUER);
    }

    @Test
    void intermediateWithoutIpConstraintIsRefused() {
        X509Certificate leaf = pki.a.leaf(pki.a.identity(NodeRole.SIDECAR, "203.0.113.1"));
        CertificateVerifier strange = new CertificateVerifier(List.of(pki.root), List.of());

        Verdict verdict = strange.verifyChain(List.of(leaf, pki.a.foreign, pki.root), NOW);

        assertThat(reason(verdict)).isEqualTo(RefusalReason.UNCONSTRAINED_ISSUER);
    }

    @Test
    void foreignIntermediateInTheChainDoesNoHarmWhereTheFullOneIsKnown() {
        X509Certificate leaf = pki.a.leaf(pki.a.identity(NodeRole.SIDECAR, "198.18.0.7"));

        assertThat(pki.verifier().verifyChain(List.of(leaf, pki.a.foreign), NOW))
                .isInstanceOf(Verdict.Trusted.class);
    }

    @Test
    void chainOfAnotherMeshIsRefused() {
        TestPki other = new TestPki(SuiteName.DEFAULT);
        X509Certificate leaf = other.a.leaf(other.a.identity(NodeRole.SIDECAR, "198.18.0.7"));

        Verdict verdict = pki.verifier().verifyChain(List.of(leaf, other.a.full, other.root), NOW);

        assertThat(reason(verdict)).isEqualTo(RefusalReason.UNKNOWN_ISSUER);
    }

    @Test
    void clockSkewHasItsOwnReason() {
        X509Certificate leaf = pki.a.leaf(pki.a.identity(NodeRole.SIDECAR, "198.18.0.7"));
        CertificateVerifier verifier = pki.verifier();

        Instant early = NOW.minus(Duration.ofMinutes(16));
        Instant late = NOW.plus(TestPki.DAYS).plusSeconds(1);

        assertThat(verifier.verifyChain(List.of(leaf), NOW.minus(Duration.ofMinutes(14))))
                .isInstanceOf(Verdict.Trusted.class);
        assertThat(reason(verifier.verifyChain(List.of(leaf), early))).isEqualTo(RefusalReason.NOT_YET_VALID);
        assertThat(message(verifier.verifyChain(List.of(leaf), early))).contains("clock skew");
        assertThat(reason(verifier.verifyChain(List.of(leaf), late))).isEqualTo(RefusalReason.EXPIRED);
    }

    @Test
    void revokedClusterGenerationAndSerialAreRefused() {
        X509Certificate leaf = pki.a.leaf(pki.a.identity(NodeRole.SIDECAR, "198.18.0.7"));

        assertThat(reason(verifyWith(revoking(pki.a.id, -1, BigInteger.ZERO), leaf)))
                .isEqualTo(RefusalReason.REVOKED);
        assertThat(reason(verifyWith(revoking(pki.b.id, 3, BigInteger.ZERO), leaf)))
                .isEqualTo(RefusalReason.REVOKED);
        assertThat(reason(verifyWith(revoking(pki.b.id, 2, leaf.getSerialNumber()), leaf)))
                .isEqualTo(RefusalReason.REVOKED);
        assertThat(verifyWith(revoking(pki.b.id, 2, BigInteger.ZERO), leaf)).isInstanceOf(Verdict.Trusted.class);
    }

    @Test
    void anyChangedByteIsRefused() {
        byte[] der = Pem.der(pki.a.leaf(pki.a.identity(NodeRole.SIDECAR, "198.18.0.7")));
        CertificateVerifier verifier = pki.verifier();

        for (int i = 0; i < der.length; i++) {
            byte[] changed = der.clone();
            changed[i] ^= 0x01;
            assertThat(verifier.verify(List.of(changed), NOW)).as("byte %d", i).isInstanceOf(Verdict.Refused.class);
        }
        for (int length = 0; length < der.length; length += 7) {
            assertThat(verifier.verify(List.of(Arrays.copyOf(der, length)), NOW))
                    .isInstanceOf(Verdict.Refused.class);
        }
        assertThat(reason(verifier.verify(List.of(Arrays.copyOf(der, der.length + 1)), NOW)))
                .isEqualTo(RefusalReason.MALFORMED);
        assertThat(reason(verifier.verify(List.of(), NOW))).isEqualTo(RefusalReason.MALFORMED);
    }

    @Test
    void constraintsOfAnIntermediateAreReadBack() {
        assertThat(pki.verifier().constraints(pki.b.full, NOW))
                .contains(new ClusterConstraints(pki.b.domain, List.of(Cidr.parse("198.18.16.0/20"))));
        assertThat(pki.verifier().constraints(pki.b.foreign, NOW)).isEmpty();
    }

    private Verdict verifyWith(Revocations revocations, X509Certificate leaf) {
        return new CertificateVerifier(List.of(pki.root), List.of(pki.a.full), revocations)
                .verifyChain(List.of(leaf), NOW);
    }

    private static Revocations revoking(ClusterId cluster, long generation, BigInteger serial) {
        return new Revocations() {
            @Override
            public boolean isClusterRevoked(ClusterId asked) {
                return asked.equals(cluster);
            }

            @Override
            public boolean isNodeRevoked(ClusterId asked, NodeId node, long askedGeneration) {
                return askedGeneration <= generation;
            }

            @Override
            public boolean isSerialRevoked(ClusterId asked, BigInteger askedSerial) {
                return askedSerial.equals(serial);
            }
        };
    }

    static RefusalReason reason(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Refused.class);
        return ((Verdict.Refused) verdict).reason();
    }

    static String message(Verdict verdict) {
        return ((Verdict.Refused) verdict).message();
    }
}
