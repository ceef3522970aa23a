// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.util.Date;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;

class CertificateNamesTest {

    private static final byte[] HOST = {10, 0, 0, 7};
    private static final byte[] PREFIX = {10, 0, 0, 0, (byte) 255, (byte) 255, (byte) 255, 0};
    private static final byte[] HOST_V6 = {(byte) 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};

    private static X509Certificate leaf(GeneralName... names) throws Exception {
        KeyPair key = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        X500Name name = new X500Name("CN=host");
        Date from = Date.from(TestMesh.NOW);
        Date to = Date.from(TestMesh.NOW.plusSeconds(3600));
        JcaX509v3CertificateBuilder builder =
                new JcaX509v3CertificateBuilder(name, BigInteger.ONE, from, to, name, key.getPublic());
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
        return Pem.certificate(builder.build(new JcaContentSignerBuilder("Ed25519").build(key.getPrivate()))
                .getEncoded());
    }

    private static GeneralName ip(byte[] octets) {
        return new GeneralName(GeneralName.iPAddress, new DEROctetString(octets));
    }

    private static Identification id(int type, byte[] data) {
        return new Identification(true, type, data);
    }

    @Test
    void anAddressInTheCertificateIsAnIdentity() throws Exception {
        X509Certificate leaf = leaf(ip(HOST), ip(HOST_V6));

        assertThat(CertificateNames.entitles(leaf, id(Identification.IPV4_ADDR, HOST)))
                .isTrue();
        assertThat(CertificateNames.entitles(leaf, id(Identification.IPV6_ADDR, HOST_V6)))
                .isTrue();
        assertThat(CertificateNames.entitles(leaf, id(Identification.IPV4_ADDR, new byte[] {10, 0, 0, 8})))
                .isFalse();
    }

    @Test
    void anAddressWithAMaskEntitlesToNothing() throws Exception {
        X509Certificate leaf = leaf(ip(PREFIX), new GeneralName(GeneralName.dNSName, "host.example"));

        assertThat(CertificateNames.entitles(leaf, id(Identification.IPV4_ADDR, new byte[] {10, 0, 0, 0})))
                .isFalse();
        assertThat(CertificateNames.entitles(leaf, id(Identification.IPV4_ADDR, HOST)))
                .isFalse();
        assertThat(CertificateNames.entitles(
                        leaf, id(Identification.FQDN, "host.example".getBytes(StandardCharsets.US_ASCII))))
                .isTrue();
    }
}
