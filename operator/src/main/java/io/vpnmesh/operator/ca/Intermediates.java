// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.IntermediateKind;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** The two certificates over one cluster's intermediate key. */
public record Intermediates(X509Certificate full, X509Certificate foreign) {

    public static Intermediates sign(
            CertificateIssuer root,
            ClusterDomain domain,
            PublicKey key,
            List<Cidr> prefixes,
            Instant now,
            Duration validity) {
        return new Intermediates(
                root.newIntermediate(IntermediateKind.FULL, domain, key, prefixes, now, validity),
                root.newIntermediate(IntermediateKind.FOREIGN, domain, key, prefixes, now, validity));
    }
}
