// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AuthoritySignaturesTest {

    private final TestPki pki = new TestPki(SuiteName.DEFAULT);
    private final TestPki other = new TestPki(SuiteName.DEFAULT);
    private final AuthoritySignatures signatures = new AuthoritySignatures();
    private final AtomicInteger asked = new AtomicInteger();

    private boolean isGood(X509Certificate authority, X509Certificate root, boolean answer) {
        return signatures.isGood(authority, root, () -> {
            asked.incrementAndGet();
            return answer;
        });
    }

    @Test
    void goodOneIsCheckedOnce() throws Exception {
        X509Certificate again = Pem.certificate(Pem.der(pki.a.full));

        assertThat(isGood(pki.a.full, pki.root, true)).isTrue();
        assertThat(isGood(again, pki.root, false)).isTrue();
        assertThat(asked).hasValue(1);
    }

    /** Else who shows rubbish would fill it. */
    @Test
    void badOneIsCheckedEachTime() {
        assertThat(isGood(pki.a.full, pki.root, false)).isFalse();
        assertThat(isGood(pki.a.full, pki.root, true)).isTrue();
        assertThat(asked).hasValue(2);
    }

    @Test
    void goodUnderOneRootIsNotGoodUnderAnother() {
        assertThat(isGood(pki.a.full, pki.root, true)).isTrue();
        assertThat(isGood(pki.a.full, other.root, false)).isFalse();
        assertThat(isGood(pki.b.full, pki.root, false)).isFalse();
        assertThat(asked).hasValue(3);
    }

    /** Both roots have one name. */
    @Test
    void verifierOfAnotherRootRefusesWhatThisOneHasSeen() {
        X509Certificate leaf = pki.a.leaf(pki.a.identity(NodeRole.SIDECAR, "198.18.0.7"));
        List<X509Certificate> chain = List.of(leaf, pki.a.full);

        assertThat(new CertificateVerifier(List.of(pki.root), List.of()).verifyChain(chain, TestPki.NOW))
                .isInstanceOf(Verdict.Trusted.class);
        assertThat(new CertificateVerifier(List.of(other.root), List.of()).verifyChain(chain, TestPki.NOW))
                .isInstanceOf(Verdict.Refused.class);
    }
}
