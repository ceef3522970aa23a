// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.math.BigInteger;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;

/**
 * Signs certificates with one authority's key: the root signs intermediates, an intermediate signs leaves. Pure: time
 * and randomness come in. Whether a root may be made at all is the caller's decision; this class remembers nothing.
 */
public final class CertificateIssuer {

    /** How far notBefore lies in the past, so that a peer whose clock is slow accepts a fresh certificate. */
    public static final Duration BACKDATED_BY = Duration.ofMinutes(15);

    private final X509Certificate certificate;
    private final PrivateKey key;
    private final SecureRandom random;

    /**
     * @param certificate the authority's own certificate
     * @param key its private key
     */
    public CertificateIssuer(X509Certificate certificate, PrivateKey key, SecureRandom random) {
        this.certificate = certificate;
        this.key = key;
        this.random = random;
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** A self-signed root of a mesh, for chains of exactly root, intermediate, leaf. */
    public static X509Certificate newRoot(
            MeshId mesh, MeshKeyPair pair, Instant now, Duration validity, SecureRandom random) {
        X500Name name = new X500Name("CN=vpnmesh root " + mesh);
        CertificateTemplate template =
                new CertificateTemplate(name, name, pair.publicKey(), now.minus(BACKDATED_BY), now.plus(validity));
        template.add(Extension.basicConstraints, true, new BasicConstraints(1));
        template.add(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        template.addSubjectKeyId();
        return template.sign(pair.privateKey(), random);
    }

    /**
     * A cluster's intermediate. Make both kinds with the same key: the same names and key identifiers let either stand
     * in a chain.
     *
     * @param prefixes the overlay prefixes that the cluster may give addresses from; one at least
     */
    public X509Certificate newIntermediate(
            IntermediateKind kind,
            ClusterDomain domain,
            PublicKey clusterKey,
            List<Cidr> prefixes,
            Instant now,
            Duration validity) {
        if (prefixes.isEmpty()) {
            throw new IllegalArgumentException("a cluster needs at least one overlay prefix");
        }
        CertificateTemplate template =
                template(new X500Name("CN=vpnmesh cluster " + domain.cluster()), clusterKey, now, validity);
        template.add(Extension.basicConstraints, true, new BasicConstraints(0));
        template.add(
                Extension.keyUsage,
                true,
                new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign | KeyUsage.digitalSignature));
        template.add(Extension.nameConstraints, true, ClusterConstraints.encode(kind, domain, prefixes));
        return template.sign(key, random);
    }

    /**
     * A node's certificate. It has no subject: the names are in the SAN, so that a constraint on directory names has
     * nothing to object to.
     */
    public X509Certificate newLeaf(PublicKey nodeKey, NodeIdentity identity, Instant now, Duration validity) {
        CertificateTemplate template =
                template(new X500Name(new org.bouncycastle.asn1.x500.RDN[0]), nodeKey, now, validity);
        template.add(Extension.basicConstraints, true, new BasicConstraints(false));
        template.add(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        template.add(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
            KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
        }));
        // RFC 5280 section 4.2.1.6: critical where the subject is empty.
        template.add(Extension.subjectAlternativeName, true, names(identity));
        template.add(
                MeshExtensions.NODE_ID,
                false,
                new DEROctetString(identity.node().bytes()));
        template.add(MeshExtensions.GENERATION, false, new ASN1Integer(BigInteger.valueOf(identity.generation())));
        template.add(MeshExtensions.ROLE, false, new ASN1Integer(identity.role().wire()));
        return template.sign(key, random);
    }

    private CertificateTemplate template(X500Name subject, PublicKey subjectKey, Instant now, Duration validity) {
        Instant wanted = now.plus(validity);
        Instant own = certificate.getNotAfter().toInstant();
        // A certificate that outlives its issuer would be refused later without a visible reason.
        Instant notAfter = wanted.isAfter(own) ? own : wanted;
        X500Name issuer =
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        CertificateTemplate template =
                new CertificateTemplate(issuer, subject, subjectKey, now.minus(BACKDATED_BY), notAfter);
        template.addAuthorityKeyId(certificate);
        template.addSubjectKeyId();
        return template;
    }

    private static GeneralNames names(NodeIdentity identity) {
        List<GeneralName> names = new ArrayList<>();
        names.add(new GeneralName(GeneralName.dNSName, identity.dnsName()));
        names.add(new GeneralName(GeneralName.uniformResourceIdentifier, identity.uri()));
        for (IpAddress address : identity.addresses()) {
            names.add(new GeneralName(GeneralName.iPAddress, new DEROctetString(address.bytes())));
        }
        return new GeneralNames(names.toArray(new GeneralName[0]));
    }
}
