// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import static io.vpnmesh.core.x509.TestPki.NOW;
import static io.vpnmesh.core.x509.TestPki.RANDOM;
import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import java.io.IOException;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.junit.jupiter.api.Test;

/** Anybody can make an authority, sign a chain with whatever in it, and show it to us: it is refused, and no more. */
class StrangersAuthorityTest {

    private static final int IP = 7;
    private static final X500Name NAME = new X500Name("CN=stranger");

    private final TestPki pki = new TestPki(SuiteName.DEFAULT);
    private final MeshKeyPair key = MeshKeyPair.generate(SuiteName.DEFAULT, RANDOM);

    @Test
    void constraintsThatNobodyCanReadAreRefused() throws Exception {
        DERSequence noSubtree = new DERSequence();
        for (ASN1Encodable broken : List.of(
                noSubtree,
                permitted(noSubtree),
                permitted(DERNull.INSTANCE),
                permitted(new DERSequence(noSubtree)),
                permitted(new DERSequence(DERNull.INSTANCE)),
                permitted(new DERSequence(address(0))),
                permitted(new DERSequence(address(5))),
                permitted(new DERSequence(address(8))))) {
            refuse(broken.toASN1Primitive().getEncoded());
        }
    }

    @Test
    void constraintsWithAnyByteChangedAreRefused() throws Exception {
        byte[] good = ClusterConstraints.encode(
                        IntermediateKind.FULL,
                        pki.a.domain,
                        List.of(Cidr.parse("198.18.0.0/20"), Cidr.parse("fd00:1::/64")))
                .getEncoded();
        Random random = new Random(1);
        int readable = 0;
        for (int round = 0; round < 1_500; round++) {
            byte[] changed = good.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                changed[random.nextInt(changed.length)] = (byte) random.nextInt();
            }
            readable += refuse(changed) ? 1 : 0;
        }
        assertThat(readable).isBetween(100, 1_400); // both kinds were among them
    }

    private static ASN1Encodable permitted(ASN1Encodable subtrees) {
        return new DERSequence(new DERTaggedObject(false, 0, subtrees));
    }

    /** An IP constraint of that many zero bytes. */
    private static ASN1Encodable address(int length) {
        return new DERSequence(new DERTaggedObject(false, IP, new DEROctetString(new byte[length])));
    }

    /** False if the certificate as such cannot be read. */
    private boolean refuse(byte[] constraints) throws IOException {
        Optional<X509Certificate> authority = certificate(NAME, constraints);
        if (authority.isEmpty()) {
            return false;
        }
        X509Certificate leaf = new CertificateIssuer(authority.orElseThrow(), key.privateKey(), RANDOM)
                .newLeaf(key.publicKey(), pki.a.identity(NodeRole.SIDECAR, "198.18.0.7"), NOW, TestPki.DAYS);

        assertThat(pki.verifier().verifyChain(List.of(leaf, authority.orElseThrow()), NOW))
                .isInstanceOf(Verdict.Refused.class);
        assertThat(pki.verifier().constraints(authority.orElseThrow(), NOW)).isEmpty();
        return true;
    }

    private Optional<X509Certificate> certificate(X500Name name, byte[] constraints) throws IOException {
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                name, BigInteger.TEN, Date.from(NOW), Date.from(NOW.plus(TestPki.YEARS)), name, key.publicKey());
        builder.addExtension(Extension.nameConstraints, true, constraints);
        try {
            return Optional.of(
                    Pem.certificate(builder.build(Signing.signer(key, RANDOM)).getEncoded()));
        } catch (MalformedException _) {
            return Optional.empty();
        }
    }
}
