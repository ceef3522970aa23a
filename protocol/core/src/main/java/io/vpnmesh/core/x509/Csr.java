// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.wire.MalformedException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.X509EncodedKeySpec;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * A certification request (PKCS #10, RFC 2986). It carries a key and the proof that the sender holds its private half;
 * names in it are ignored: the issuer knows whom it talks to.
 */
public record Csr(PublicKey publicKey, SuiteName suite) {

    private static final int MAX_BYTES = 8 * 1024;

    /** A request without a name, as PEM. */
    public static String build(MeshKeyPair pair, SecureRandom random) {
        try {
            PKCS10CertificationRequest request = new JcaPKCS10CertificationRequestBuilder(
                            new X500Name(new org.bouncycastle.asn1.x500.RDN[0]), pair.publicKey())
                    .build(Signing.signer(pair, random));
            return Pem.block("CERTIFICATE REQUEST", request.getEncoded());
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory does not fail", e);
        }
    }

    /** Parses PEM and checks the proof of possession. */
    public static Csr parse(String pem) throws MalformedException {
        List<byte[]> blocks = Pem.blocks(pem, "CERTIFICATE REQUEST");
        if (blocks.size() != 1 || blocks.getFirst().length > MAX_BYTES) {
            throw new MalformedException(0, "CSR", "needs one block -----BEGIN CERTIFICATE REQUEST----- up to 8 KiB");
        }
        try {
            PKCS10CertificationRequest request = new PKCS10CertificationRequest(blocks.getFirst());
            byte[] spki = request.getSubjectPublicKeyInfo().getEncoded();
            ASN1ObjectIdentifier algorithm =
                    request.getSubjectPublicKeyInfo().getAlgorithm().getAlgorithm();
            SuiteName suite = suiteOf(algorithm);
            PublicKey key = KeyFactory.getInstance(suite.keyAlgorithm()).generatePublic(new X509EncodedKeySpec(spki));
            MeshKeyPair.suiteOf(key);
            ContentVerifierProvider verifier = new JcaContentVerifierProviderBuilder().build(key);
            if (!request.isSignatureValid(verifier)) {
                throw new MalformedException(0, "CSR", "its signature does not prove possession of the key");
            }
            return new Csr(key, suite);
        } catch (IOException
                | GeneralSecurityException
                | OperatorCreationException
                | PKCSException
                | RuntimeException e) {
            // BouncyCastle reports broken ASN.1 by unchecked exceptions too.
            throw new MalformedException(0, "CSR", "not a PKCS #10 request: " + e.getMessage());
        }
    }

    private static SuiteName suiteOf(ASN1ObjectIdentifier algorithm) throws MalformedException {
        if (algorithm.equals(EdECObjectIdentifiers.id_Ed25519)) {
            return SuiteName.DEFAULT;
        }
        if (algorithm.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            return SuiteName.FIPS;
        }
        throw new MalformedException(0, "CSR", "its key is neither Ed25519 nor P-256");
    }
}
