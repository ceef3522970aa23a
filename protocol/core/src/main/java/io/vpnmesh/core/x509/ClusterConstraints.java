// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bouncycastle.asn1.ASN1IA5String;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.NameConstraints;

/**
 * What an intermediate may sign, read from its name constraints (RFC 5280 section 4.2.1.10).
 *
 * @param prefixes addresses of its leaves lie in these
 */
public record ClusterConstraints(ClusterDomain domain, List<Cidr> prefixes) {

    /** A mail host that cannot exist (RFC 2606): permitting only it excludes every mailbox in a form all parsers read. */
    private static final String NO_MAIL_HOST = "invalid";

    static NameConstraints encode(IntermediateKind kind, ClusterDomain domain, List<Cidr> prefixes) {
        List<GeneralSubtree> permitted = new ArrayList<>();
        permitted.add(new GeneralSubtree(new GeneralName(GeneralName.dNSName, domain.suffix())));
        if (kind == IntermediateKind.FOREIGN) {
            return new NameConstraints(permitted.toArray(new GeneralSubtree[0]), null);
        }
        permitted.add(new GeneralSubtree(new GeneralName(GeneralName.uniformResourceIdentifier, domain.suffix())));
        for (Cidr prefix : prefixes) {
            permitted.add(new GeneralSubtree(
                    new GeneralName(GeneralName.iPAddress, new DEROctetString(addressAndMask(prefix)))));
        }
        permitted.add(new GeneralSubtree(new GeneralName(GeneralName.rfc822Name, NO_MAIL_HOST)));
        GeneralSubtree anyDirectoryName = new GeneralSubtree(new GeneralName(new X500Name(new RDN[0])));
        return new NameConstraints(permitted.toArray(new GeneralSubtree[0]), new GeneralSubtree[] {anyDirectoryName});
    }

    /**
     * Reads the constraints of a full intermediate. Errors: MalformedException unless they are critical and bind
     * addresses, one DNS suffix and the same URI host.
     */
    static ClusterConstraints of(X509Certificate intermediate) throws MalformedException {
        byte[] value = intermediate.getExtensionValue(Extension.nameConstraints.getId());
        if (value == null || !intermediate.getCriticalExtensionOIDs().contains(Extension.nameConstraints.getId())) {
            throw bad("has no critical name constraints");
        }
        try {
            return read(NameConstraints.getInstance(
                    ASN1OctetString.getInstance(value).getOctets()));
        } catch (RuntimeException e) {
            // A stranger's own authority may have signed anything, and BouncyCastle reports it by any unchecked
            // exception.
            throw bad(String.valueOf(e.getMessage()));
        }
    }

    private static ClusterConstraints read(NameConstraints constraints) throws MalformedException {
        List<String> dns = new ArrayList<>();
        List<String> uris = new ArrayList<>();
        List<Cidr> prefixes = new ArrayList<>();
        GeneralSubtree[] permitted = constraints.getPermittedSubtrees();
        for (GeneralSubtree subtree : permitted == null ? new GeneralSubtree[0] : permitted) {
            GeneralName base = subtree.getBase();
            switch (base.getTagNo()) {
                case GeneralName.dNSName -> dns.add(text(base));
                case GeneralName.uniformResourceIdentifier -> uris.add(text(base));
                case GeneralName.iPAddress ->
                    prefixes.add(
                            prefix(ASN1OctetString.getInstance(base.getName()).getOctets()));
                default -> {} // other kinds of names never appear in a leaf: the verifier demands the exact set
            }
        }
        if (dns.size() != 1 || uris.size() != 1 || !dns.equals(uris) || prefixes.isEmpty()) {
            throw bad("do not bind IP prefixes, one DNS suffix and the same URI host");
        }
        return new ClusterConstraints(ClusterDomain.parse(dns.getFirst()), List.copyOf(prefixes));
    }

    boolean permits(IpAddress address) {
        return prefixes.stream().anyMatch(prefix -> prefix.contains(address));
    }

    private static String text(GeneralName name) {
        return ASN1IA5String.getInstance(name.getName()).getString();
    }

    private static byte[] addressAndMask(Cidr prefix) {
        byte[] address = prefix.address().bytes();
        byte[] both = Arrays.copyOf(address, address.length * 2);
        for (int bit = 0; bit < prefix.length(); bit++) {
            both[address.length + bit / 8] |= (byte) (0x80 >>> bit % 8);
        }
        return both;
    }

    private static Cidr prefix(byte[] addressAndMask) {
        int half = addressAndMask.length / 2;
        IpAddress address = IpAddress.of(Arrays.copyOf(addressAndMask, half));
        byte[] mask = Arrays.copyOfRange(addressAndMask, half, addressAndMask.length);
        int length = 0;
        while (length < half * 8 && (mask[length / 8] & 0x80 >>> length % 8) != 0) {
            length++;
        }
        Cidr prefix = new Cidr(address, length);
        if (ByteBuffer.wrap(addressAndMask(prefix)).mismatch(ByteBuffer.wrap(addressAndMask)) >= 0) {
            throw new IllegalArgumentException("name constraint mask has gaps");
        }
        return prefix;
    }

    private static MalformedException bad(String problem) {
        return new MalformedException(0, "name constraints", problem);
    }
}
