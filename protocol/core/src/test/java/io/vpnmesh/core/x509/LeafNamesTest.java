// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import static io.vpnmesh.core.x509.TestPki.NOW;
import static io.vpnmesh.core.x509.TestPki.RANDOM;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.junit.jupiter.api.Test;

/** Leaves that a cluster's own key signed, with names that no leaf of ours has. */
class LeafNamesTest {

    private final TestPki pki = new TestPki(SuiteName.DEFAULT);
    private final NodeIdentity identity = pki.a.identity(NodeRole.SIDECAR, "198.18.0.7");

    @Test
    void handMadeLeafWithTheExactSetIsTrusted() throws Exception {
        assertThat(verify(leaf("", names(), 0))).isInstanceOf(Verdict.Trusted.class);
    }

    @Test
    void furtherDnsNameIsRefused() throws Exception {
        List<GeneralName> names = names();
        names.add(new GeneralName(GeneralName.dNSName, "x." + identity.dnsName()));

        assertThat(verify(leaf("", names, 0))).isEqualTo(refused("needs one DNS name and one URI, has 2 and 1"));
    }

    @Test
    void mailAddressIsRefused() throws Exception {
        List<GeneralName> names = names();
        names.add(new GeneralName(GeneralName.rfc822Name, "root@example.com"));

        assertThat(verify(leaf("", names, 0))).isEqualTo(refused("alternative name of kind 1 is not allowed"));
    }

    @Test
    void subjectIsRefused() throws Exception {
        assertThat(CertificateVerifierTest.reason(verify(leaf("CN=admin", names(), 0))))
                .isEqualTo(RefusalReason.WRONG_NAMES);
    }

    @Test
    void relayRoleWithoutAddressIsRefused() throws Exception {
        assertThat(CertificateVerifierTest.reason(verify(leaf("", names().subList(0, 2), 1))))
                .isEqualTo(RefusalReason.WRONG_NAMES);
    }

    @Test
    void directoryWithAddressIsRefused() throws Exception {
        assertThat(CertificateVerifierTest.reason(verify(leaf("", names(), 3)))).isEqualTo(RefusalReason.WRONG_NAMES);
    }

    @Test
    void unknownRoleIsRefused() throws Exception {
        assertThat(CertificateVerifierTest.reason(verify(leaf("", names(), 4)))).isEqualTo(RefusalReason.WRONG_NAMES);
    }

    @Test
    void uriOfAnotherClusterBesideOwnDnsNameIsRefused() throws Exception {
        List<GeneralName> names = names();
        names.set(1, new GeneralName(GeneralName.uniformResourceIdentifier, pki.b.domain.uri("shop", "web")));

        assertThat(verify(leaf("", names, 0))).isInstanceOf(Verdict.Refused.class);
    }

    private List<GeneralName> names() {
        List<GeneralName> names = new ArrayList<>();
        names.add(new GeneralName(GeneralName.dNSName, identity.dnsName()));
        names.add(new GeneralName(GeneralName.uniformResourceIdentifier, identity.uri()));
        names.add(new GeneralName(GeneralName.iPAddress, "198.18.0.7"));
        return names;
    }

    private Verdict verify(X509Certificate leaf) {
        return pki.verifier().verifyChain(List.of(leaf), NOW);
    }

    private static Verdict refused(String message) {
        return new Verdict.Refused(RefusalReason.WRONG_NAMES, message);
    }

    private X509Certificate leaf(String subject, List<GeneralName> names, int role) throws Exception {
        X500Name issuer =
                X500Name.getInstance(pki.a.full.getSubjectX500Principal().getEncoded());
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                issuer,
                BigInteger.TEN,
                Date.from(NOW),
                Date.from(NOW.plus(TestPki.DAYS)),
                subject.isEmpty() ? new X500Name(new RDN[0]) : new X500Name(subject),
                MeshKeyPair.generate(SuiteName.DEFAULT, RANDOM).publicKey());
        ASN1Encodable san = new GeneralNames(names.toArray(new GeneralName[0]));
        builder.addExtension(Extension.subjectAlternativeName, true, san);
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(
                MeshExtensions.NODE_ID,
                false,
                new DEROctetString(identity.node().bytes()));
        builder.addExtension(MeshExtensions.GENERATION, false, new ASN1Integer(3));
        builder.addExtension(MeshExtensions.ROLE, false, new ASN1Integer(role));
        return Pem.certificate(builder.build(Signing.signer(pki.a.key, RANDOM)).getEncoded());
    }
}
