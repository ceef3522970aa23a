// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.IpAddress;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.asn1.ASN1IA5String;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/** Reads who a leaf says it is: the exact set of alternative names and our own extensions, which must agree. */
final class LeafNames {

    private static final Pattern SPIFFE =
            Pattern.compile("spiffe://([a-z0-9.]{1,100})/ns/([^/]{1,63})/sa/([^/]{1,253})");

    private LeafNames() {}

    static NodeIdentity read(X509Certificate leaf) throws Refusal {
        try {
            return identity(leaf);
        } catch (RuntimeException e) {
            // BouncyCastle and our own values report what does not fit by any unchecked exception.
            throw new Refusal(RefusalReason.WRONG_NAMES, String.valueOf(e.getMessage()));
        }
    }

    private static NodeIdentity identity(X509Certificate leaf) throws Refusal {
        if (!leaf.getSubjectX500Principal().getName().isEmpty()) {
            throw wrong("a leaf has no subject, only alternative names");
        }
        List<String> dns = new ArrayList<>();
        List<String> uris = new ArrayList<>();
        List<IpAddress> addresses = new ArrayList<>();
        for (GeneralName name : GeneralNames.getInstance(value(leaf, Extension.subjectAlternativeName))
                .getNames()) {
            switch (name.getTagNo()) {
                case GeneralName.dNSName ->
                    dns.add(ASN1IA5String.getInstance(name.getName()).getString());
                case GeneralName.uniformResourceIdentifier ->
                    uris.add(ASN1IA5String.getInstance(name.getName()).getString());
                case GeneralName.iPAddress ->
                    addresses.add(IpAddress.of(
                            ASN1OctetString.getInstance(name.getName()).getOctets()));
                default -> throw wrong("alternative name of kind " + name.getTagNo() + " is not allowed");
            }
        }
        if (dns.size() != 1 || uris.size() != 1) {
            throw wrong("needs one DNS name and one URI, has " + dns.size() + " and " + uris.size());
        }
        Matcher uri = SPIFFE.matcher(uris.getFirst());
        if (!uri.matches()) {
            throw wrong("URI is not spiffe://<cluster domain>/ns/<namespace>/sa/<service account>");
        }
        ClusterDomain domain = ClusterDomain.parse(uri.group(1));
        NodeIdentity identity = new NodeIdentity(
                domain.mesh(),
                domain.cluster(),
                NodeId.of(ASN1OctetString.getInstance(value(leaf, MeshExtensions.NODE_ID))
                        .getOctets()),
                integer(leaf, MeshExtensions.GENERATION),
                NodeRole.ofWire(integer(leaf, MeshExtensions.ROLE)),
                uri.group(2),
                uri.group(3),
                addresses);
        if (!identity.dnsName().equals(dns.getFirst())) {
            throw wrong("DNS name " + dns.getFirst() + " contradicts the node id and the URI");
        }
        return identity;
    }

    /** Errors: a critical extension beyond those known here means that the certificate wants more than we check. */
    static void refuseUnknownCritical(X509Certificate certificate, ASN1ObjectIdentifier... known) throws Refusal {
        Set<String> critical = certificate.getCriticalExtensionOIDs();
        Set<String> unknown = new HashSet<>(critical == null ? Set.of() : critical);
        for (ASN1ObjectIdentifier oid : known) {
            unknown.remove(oid.getId());
        }
        if (!unknown.isEmpty()) {
            throw new Refusal(RefusalReason.MALFORMED, "unknown critical extensions " + unknown);
        }
    }

    private static long integer(X509Certificate leaf, ASN1ObjectIdentifier oid) throws Refusal {
        BigInteger number = ASN1Integer.getInstance(value(leaf, oid)).getValue();
        return number.longValueExact();
    }

    /** The DER inside the extension's OCTET STRING. */
    private static byte[] value(X509Certificate leaf, ASN1ObjectIdentifier oid) throws Refusal {
        byte[] value = leaf.getExtensionValue(oid.getId());
        if (value == null) {
            throw wrong("extension " + oid + " is missing");
        }
        return ASN1OctetString.getInstance(value).getOctets();
    }

    private static Refusal wrong(String message) {
        return new Refusal(RefusalReason.WRONG_NAMES, message);
    }
}
