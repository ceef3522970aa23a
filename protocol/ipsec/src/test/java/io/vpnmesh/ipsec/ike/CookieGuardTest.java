// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.net.Endpoint;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CookieGuardTest {

    private static final long MINUTE_NS = 60_000_000_000L;
    private static final Endpoint FROM = Endpoint.parse("192.0.2.1:4500");

    private final CookieGuard guard = new CookieGuard(new JdkCrypto(), new Random(1));
    private final byte[] nonce = new byte[32];

    @Test
    void aCookieHoldsForItsAddressPortSpiAndNonceOnly() {
        byte[] cookie = guard.cookie(FROM, 7, nonce, 0);

        assertThat(guard.isValid(cookie, FROM, 7, nonce, 1)).isTrue();
        assertThat(guard.isValid(cookie, Endpoint.parse("192.0.2.2:4500"), 7, nonce, 1))
                .isFalse();
        assertThat(guard.isValid(cookie, Endpoint.parse("192.0.2.1:4501"), 7, nonce, 1))
                .isFalse();
        assertThat(guard.isValid(cookie, FROM, 8, nonce, 1)).isFalse();
        byte[] other = nonce.clone();
        other[0] = 1;
        assertThat(guard.isValid(cookie, FROM, 7, other, 1)).isFalse();
        cookie[5] ^= 1;
        assertThat(guard.isValid(cookie, FROM, 7, nonce, 1)).isFalse();
        assertThat(guard.isValid(new byte[0], FROM, 7, nonce, 1)).isFalse();
    }

    @Test
    void aCookieOutlivesOneChangeOfTheSecretButNotTwo() {
        byte[] cookie = guard.cookie(FROM, 7, nonce, 0);

        assertThat(guard.isValid(cookie, FROM, 7, nonce, MINUTE_NS + 1)).isTrue();
        assertThat(guard.isValid(cookie, FROM, 7, nonce, 2 * MINUTE_NS + 2)).isFalse();
    }
}
