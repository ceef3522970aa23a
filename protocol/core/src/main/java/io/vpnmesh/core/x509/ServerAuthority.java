// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.wire.MalformedException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;

/**
 * The operator's own TLS authority: the anchor by which API server and sidecars trust its HTTPS. It has nothing to do
 * with the mesh's root. API servers need P-256: Go's and the JDK's TLS both speak it everywhere.
 */
public record ServerAuthority(X509Certificate certificate, MeshKeyPair pair) {

    /** A new self-signed anchor. */
    public static ServerAuthority create(String commonName, Instant now, Duration validity, SecureRandom random) {
        MeshKeyPair pair = MeshKeyPair.generate(SuiteName.FIPS, random);
        X500Name name = new X500Name("CN=" + commonName);
        CertificateTemplate template = new CertificateTemplate(
                name, name, pair.publicKey(), now.minus(CertificateIssuer.BACKDATED_BY), now.plus(validity));
        template.add(Extension.basicConstraints, true, new BasicConstraints(0));
        template.add(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        template.addSubjectKeyId();
        return new ServerAuthority(template.sign(pair.privateKey(), random), pair);
    }

    /** Reads back what {@link #certificate} and {@link MeshKeyPair#privateKey} were stored as. */
    public static ServerAuthority fromPem(String certificatePem, String keyPem) throws MalformedException {
        return new ServerAuthority(Pem.certificate(certificatePem), MeshKeyPair.of(Pem.privateKey(keyPem)));
    }

    /**
     * A server certificate.
     *
     * @param dnsNames all names that clients use, for example {@code vpnmesh-operator.vpnmesh-system.svc}
     */
    public X509Certificate newServer(
            PublicKey serverKey, List<String> dnsNames, Instant now, Duration validity, SecureRandom random) {
        X500Name issuer =
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        CertificateTemplate template = new CertificateTemplate(
                issuer,
                new X500Name(new RDN[0]),
                serverKey,
                now.minus(CertificateIssuer.BACKDATED_BY),
                now.plus(validity));
        template.addAuthorityKeyId(certificate);
        template.addSubjectKeyId();
        template.add(Extension.basicConstraints, true, new BasicConstraints(false));
        template.add(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        template.add(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        GeneralName[] names = dnsNames.stream()
                .map(name -> new GeneralName(GeneralName.dNSName, name))
                .toArray(GeneralName[]::new);
        template.add(Extension.subjectAlternativeName, true, new GeneralNames(names));
        return template.sign(pair.privateKey(), random);
    }
}
