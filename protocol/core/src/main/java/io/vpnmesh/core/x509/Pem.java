// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.wire.MalformedException;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.x509.Certificate;

/** Text encodings of certificates, requests and PKCS #8 keys (RFC 7468), and DER of certificates. */
public final class Pem {

    /** No certificate of ours comes near; more is not worth parsing. */
    static final int MAX_DER_BYTES = 16 * 1024;

    private static final int MAX_TEXT_CHARACTERS = 1024 * 1024;
    private static final int LINE_CHARACTERS = 64;
    private static final Base64.Encoder BASE64 =
            Base64.getMimeEncoder(LINE_CHARACTERS, "\n".getBytes(StandardCharsets.US_ASCII));
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\\s]*+)-----END \\1-----");

    private Pem() {}

    public static String encode(X509Certificate certificate) {
        return block("CERTIFICATE", der(certificate));
    }

    public static String encode(Collection<X509Certificate> certificates) {
        StringBuilder text = new StringBuilder();
        for (X509Certificate certificate : certificates) {
            text.append(encode(certificate));
        }
        return text.toString();
    }

    public static String encode(PrivateKey key) {
        return block("PRIVATE KEY", key.getEncoded());
    }

    static String block(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n" + BASE64.encodeToString(der) + "\n-----END " + label + "-----\n";
    }

    /** All certificates of a text, in order; other blocks are skipped. Errors: MalformedException when there is none. */
    public static List<X509Certificate> certificates(String text) throws MalformedException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (byte[] der : blocks(text, "CERTIFICATE")) {
            certificates.add(certificate(der));
        }
        if (certificates.isEmpty()) {
            throw new MalformedException(0, "PEM", "has no block -----BEGIN CERTIFICATE-----");
        }
        return List.copyOf(certificates);
    }

    /** Errors: MalformedException unless the text has exactly one certificate. */
    public static X509Certificate certificate(String text) throws MalformedException {
        List<X509Certificate> certificates = certificates(text);
        if (certificates.size() != 1) {
            throw new MalformedException(0, "PEM", "has " + certificates.size() + " certificates, not one");
        }
        return certificates.getFirst();
    }

    /** A PKCS #8 key, Ed25519 or P-256. */
    public static PrivateKey privateKey(String text) throws MalformedException {
        List<byte[]> blocks = blocks(text, "PRIVATE KEY");
        if (blocks.size() != 1) {
            throw new MalformedException(
                    0, "PEM", "needs one block -----BEGIN PRIVATE KEY----- (PKCS #8), has " + blocks.size());
        }
        for (SuiteName suite : SuiteName.values()) {
            try {
                PrivateKey key = KeyFactory.getInstance(suite.keyAlgorithm())
                        .generatePrivate(new PKCS8EncodedKeySpec(blocks.getFirst()));
                MeshKeyPair.suiteOf(key);
                return key;
            } catch (GeneralSecurityException _) {
                // a key of another algorithm
            }
        }
        throw new MalformedException(0, "private key", "neither Ed25519 nor P-256");
    }

    /** Exactly one certificate and nothing after it. */
    public static X509Certificate certificate(byte[] der) throws MalformedException {
        if (der.length > MAX_DER_BYTES) {
            throw new MalformedException(0, "certificate", der.length + " bytes are more than " + MAX_DER_BYTES);
        }
        try {
            X509Certificate certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
            Certificate structure = Certificate.getInstance(der);
            // The JDK ignores what the count of unused bits says, and so takes two encodings for one signature.
            if (!Arrays.equals(certificate.getEncoded(), der)
                    || structure.getSignature().getPadBits() != 0) {
                throw new MalformedException(0, "certificate", "not one DER certificate");
            }
            return certificate;
        } catch (CertificateException e) {
            throw new MalformedException(0, "certificate", "not X.509: " + e.getMessage());
        } catch (RuntimeException _) {
            // Both parsers let unchecked exceptions out for hostile bytes.
            throw new MalformedException(0, "certificate", "not X.509");
        }
    }

    public static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a parsed certificate has an encoding", e);
        }
    }

    /** SHA-256 over the DER: what a join token pins. */
    public static byte[] fingerprint(X509Certificate certificate) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(der(certificate));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static List<byte[]> blocks(String text, String label) throws MalformedException {
        if (text.length() > MAX_TEXT_CHARACTERS) {
            throw new MalformedException(0, "PEM", "more than " + MAX_TEXT_CHARACTERS + " characters");
        }
        List<byte[]> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            if (!matcher.group(1).equals(label)) {
                continue;
            }
            try {
                blocks.add(Base64.getMimeDecoder().decode(matcher.group(2)));
            } catch (IllegalArgumentException _) {
                throw new MalformedException(matcher.start(), "PEM", "the " + label + " block is not base64");
            }
        }
        return blocks;
    }
}
