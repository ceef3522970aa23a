// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** The names in a certificate as IKE identities (RFC 7296 section 3.5, RFC 4945 section 3.1). */
final class CertificateNames {

    private static final int SAN_DNS = 2;
    private static final int SAN_IP = 7;

    private CertificateNames() {}

    /** Our own identity: the first DNS name, else the subject. */
    static Identification identification(boolean initiator, X509Certificate leaf) {
        return alternativeNames(leaf).stream()
                .filter(san -> san.getFirst().equals(SAN_DNS))
                .findFirst()
                .map(san -> new Identification(
                        initiator, Identification.FQDN, ((String) san.get(1)).getBytes(StandardCharsets.US_ASCII)))
                .orElseGet(() -> new Identification(
                        initiator,
                        Identification.DER_ASN1_DN,
                        leaf.getSubjectX500Principal().getEncoded()));
    }

    /** Whether the certificate entitles its holder to this identity. */
    static boolean entitles(X509Certificate leaf, Identification id) {
        return switch (id.idType()) {
            case Identification.DER_ASN1_DN ->
                Arrays.equals(leaf.getSubjectX500Principal().getEncoded(), id.data());
            case Identification.FQDN -> {
                String name = new String(id.data(), StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
                yield alternativeNames(leaf).stream()
                        .anyMatch(san -> san.getFirst().equals(SAN_DNS)
                                && ((String) san.get(1))
                                        .toLowerCase(Locale.ROOT)
                                        .equals(name));
            }
            case Identification.IPV4_ADDR, Identification.IPV6_ADDR ->
                alternativeNames(leaf).stream()
                        .anyMatch(san -> san.getFirst().equals(SAN_IP) && isAddress((String) san.get(1), id.data()));
            default -> false;
        };
    }

    private static boolean isAddress(String name, byte[] address) {
        boolean isPrefix = name.indexOf('/') >= 0; // the JDK reads the form of a name constraint here too
        return !isPrefix && Arrays.equals(IpAddress.parse(name).bytes(), address);
    }

    private static Collection<List<?>> alternativeNames(X509Certificate leaf) {
        try {
            Collection<List<?>> names = leaf.getSubjectAlternativeNames();
            return names == null ? List.of() : names;
        } catch (CertificateParsingException _) {
            return List.of();
        }
    }
}
