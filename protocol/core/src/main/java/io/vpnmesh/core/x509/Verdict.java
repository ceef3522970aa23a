// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.net.Cidr;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/** What a verifier says about a chain. */
public sealed interface Verdict {

    /**
     * The chain is valid and of this shape.
     *
     * @param notAfter the earliest expiry in the chain
     * @param clusterPrefixes the prefixes that the holder's cluster may give addresses from
     */
    record Trusted(NodeIdentity identity, Instant notAfter, X509Certificate leaf, List<Cidr> clusterPrefixes)
            implements Verdict {}

    /**
     * The chain is worth nothing.
     *
     * @param message for people; names the fix where there is one; holds no secret
     */
    record Refused(RefusalReason reason, String message) implements Verdict {}
}
