// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.wire.MalformedException;
import java.io.IOException;
import java.math.BigInteger;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.crypto.digests.SHA1Digest;

/** One certificate in the making. */
final class CertificateTemplate {

    /** 128 random bits: unique without a counter that somebody would have to store. */
    private static final int SERIAL_BITS = 128;

    private final X500Name issuer;
    private final X500Name subject;
    private final SubjectPublicKeyInfo subjectKey;
    private final Instant notBefore;
    private final Instant notAfter;
    private final List<Extension> extensions = new ArrayList<>();

    CertificateTemplate(X500Name issuer, X500Name subject, PublicKey subjectKey, Instant notBefore, Instant notAfter) {
        this.issuer = issuer;
        this.subject = subject;
        this.subjectKey = SubjectPublicKeyInfo.getInstance(subjectKey.getEncoded());
        this.notBefore = notBefore;
        this.notAfter = notAfter;
    }

    void add(ASN1ObjectIdentifier oid, boolean critical, ASN1Encodable value) {
        try {
            extensions.add(new Extension(oid, critical, value.toASN1Primitive().getEncoded("DER")));
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory does not fail", e);
        }
    }

    void addSubjectKeyId() {
        add(Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyId(subjectKey)));
    }

    void addAuthorityKeyId(X509Certificate authority) {
        SubjectPublicKeyInfo key =
                SubjectPublicKeyInfo.getInstance(authority.getPublicKey().getEncoded());
        add(Extension.authorityKeyIdentifier, false, new AuthorityKeyIdentifier(keyId(key)));
    }

    X509Certificate sign(PrivateKey key, SecureRandom random) {
        BigInteger serial = new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS);
        X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                issuer, serial, Date.from(notBefore), Date.from(notAfter), subject, subjectKey);
        try {
            for (Extension extension : extensions) {
                builder.addExtension(extension);
            }
            byte[] der = builder.build(Signing.signer(MeshKeyPair.suiteOf(key), key, random))
                    .getEncoded();
            return Pem.certificate(der);
        } catch (IOException | MalformedException e) {
            throw new IllegalStateException("a certificate of our own is well-formed", e);
        }
    }

    private static byte[] keyId(SubjectPublicKeyInfo key) {
        byte[] bytes = key.getPublicKeyData().getBytes();
        SHA1Digest digest = new SHA1Digest(); // an identifier, RFC 5280 section 4.2.1.2 (1); no security rests on it
        digest.update(bytes, 0, bytes.length);
        byte[] id = new byte[digest.getDigestSize()];
        digest.doFinal(id, 0);
        return id;
    }
}
