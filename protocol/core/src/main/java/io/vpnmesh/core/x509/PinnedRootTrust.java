// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;

/** Trusts a relay whose chain ends in the root of a join token. */
final class PinnedRootTrust extends ChainTrust {

    private final byte[] rootSha256;
    private final InstantSource clock;

    PinnedRootTrust(byte[] rootSha256, InstantSource clock) {
        this.rootSha256 = rootSha256.clone();
        this.clock = clock;
    }

    @Override
    void check(List<X509Certificate> chain) throws CertificateException {
        X509Certificate root = chain.getLast();
        if (!MessageDigest.isEqual(Pem.fingerprint(root), rootSha256)) {
            throw refused(new Verdict.Refused(
                    RefusalReason.WRONG_ROOT,
                    "the relay's chain does not end in the root that the token names: the token is of another mesh,"
                            + " or something stands between"));
        }
        Verdict verdict = new CertificateVerifier(List.of(root), List.of()).verifyChain(chain, clock.instant());
        switch (verdict) {
            case Verdict.Refused refused -> throw refused(refused);
            case Verdict.Trusted trusted -> {
                if (trusted.identity().role() != NodeRole.RELAY) {
                    throw refused(new Verdict.Refused(
                            RefusalReason.WRONG_ROLE, "a " + trusted.identity().role() + " answered, not a relay"));
                }
            }
        }
    }
}
