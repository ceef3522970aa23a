// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.vpnmesh.e2e.run.LabException;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaMiscPEMGenerator;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObjectGenerator;
import org.bouncycastle.util.io.pem.PemWriter;

/// The cluster's own CA and the files an API server wants: `ca.crt`, `apiserver.{crt,key}`,
/// `kubelet-client.{crt,key}` (its identity towards the kubelet) and `service-account.{key,pub}`. All keys are P-256
/// and live as long as the run.
final class LabCertificates {
    private static final Duration LIFETIME = Duration.ofDays(30);
    private static final Duration BACKDATED = Duration.ofMinutes(5);
    private static final X500Name CA_NAME = new X500Name("CN=vpnmesh-lab");

    private final Path folder;
    private final KeyPair authority = newKeyPair();

    private LabCertificates(Path folder) {
        this.folder = folder;
    }

    /// @param addresses IP addresses under which the API server is reached
    static void write(Path folder, List<String> addresses) {
        try {
            Files.createDirectories(folder);
            new LabCertificates(folder).writeAll(addresses);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new LabException("cannot make the cluster's certificates", e);
        }
    }

    private void writeAll(List<String> addresses)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        writeCertificate(
                "ca", CA_NAME, authority, new BasicConstraints(0), KeyUsage.keyCertSign | KeyUsage.cRLSign, List.of());
        var names = new java.util.ArrayList<>(
                List.of("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc").stream()
                        .map(name -> new GeneralName(GeneralName.dNSName, name))
                        .toList());
        addresses.forEach(address -> names.add(new GeneralName(GeneralName.iPAddress, address)));
        writeLeaf("apiserver", new X500Name("CN=kube-apiserver"), names);
        writeLeaf("kubelet-client", new X500Name("O=system:masters,CN=kube-apiserver-kubelet-client"), List.of());
        var serviceAccount = newKeyPair();
        write("service-account.key", new JcaPKCS8Generator(serviceAccount.getPrivate(), null));
        write("service-account.pub", new JcaMiscPEMGenerator(serviceAccount.getPublic()));
    }

    private void writeLeaf(String name, X500Name subject, List<GeneralName> names)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        var pair = newKeyPair();
        writeCertificate(name, subject, pair, new BasicConstraints(false), KeyUsage.digitalSignature, names);
        write(name + ".key", new JcaPKCS8Generator(pair.getPrivate(), null));
    }

    private void writeCertificate(
            String name,
            X500Name subject,
            KeyPair pair,
            BasicConstraints constraints,
            int usage,
            List<GeneralName> names)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        var now = Instant.now();
        var builder = new JcaX509v3CertificateBuilder(
                CA_NAME,
                new BigInteger(120, new SecureRandom()),
                Date.from(now.minus(BACKDATED)),
                Date.from(now.plus(LIFETIME)),
                subject,
                pair.getPublic());
        builder.addExtension(Extension.basicConstraints, true, constraints);
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
        if (!constraints.isCA()) {
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
            }));
        }
        if (!names.isEmpty()) {
            builder.addExtension(
                    Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
        }
        var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(authority.getPrivate());
        write(
                name + ".crt",
                new JcaMiscPEMGenerator(new JcaX509CertificateConverter().getCertificate(builder.build(signer))));
    }

    private void write(String file, PemObjectGenerator content) throws IOException {
        var text = new StringWriter();
        try (var writer = new PemWriter(text)) {
            writer.writeObject(content);
        }
        Files.writeString(folder.resolve(file), text.toString());
    }

    private static KeyPair newKeyPair() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has P-256", e);
        }
    }
}
