// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Trusts members of the mesh that fit a condition. */
final class MeshTrust extends ChainTrust {

    private final Supplier<CertificateVerifier> verifier;
    private final Predicate<NodeIdentity> allowed;
    private final InstantSource clock;

    MeshTrust(Supplier<CertificateVerifier> verifier, Predicate<NodeIdentity> allowed, InstantSource clock) {
        this.verifier = verifier;
        this.allowed = allowed;
        this.clock = clock;
    }

    @Override
    void check(List<X509Certificate> chain) throws CertificateException {
        switch (verifier.get().verifyChain(chain, clock.instant())) {
            case Verdict.Refused refused -> throw refused(refused);
            case Verdict.Trusted trusted -> {
                if (!allowed.test(trusted.identity())) {
                    throw refused(new Verdict.Refused(
                            RefusalReason.WRONG_ROLE,
                            "node " + trusted.identity().node() + " of cluster "
                                    + trusted.identity().cluster() + " with role "
                                    + trusted.identity().role() + " is not expected here"));
                }
            }
        }
    }
}
