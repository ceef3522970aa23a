// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class TokenClaimsTest {

    @Test
    void audienceAndExpiryAreRead() {
        TokenClaims claims = TokenClaims.parse(token("{\"aud\":[\"vpnmesh.io\",\"x\"],\"exp\":1772323200}"))
                .orElseThrow();

        assertThat(claims.audiences()).containsExactly("vpnmesh.io", "x");
        assertThat(claims.expiresAt()).contains(Instant.parse("2026-03-01T00:00:00Z"));
    }

    @Test
    void oneAudienceMayStandAlone() {
        assertThat(TokenClaims.parse(token("{\"aud\":\"api\"}")).orElseThrow().audiences())
                .containsExactly("api");
    }

    @Test
    void everythingElseIsNoToken() {
        assertThat(TokenClaims.parse("")).isEmpty();
        assertThat(TokenClaims.parse("a.b")).isEmpty();
        assertThat(TokenClaims.parse("a.%%%.c")).isEmpty();
        assertThat(TokenClaims.parse(token("[1]"))).isEmpty();
        assertThat(TokenClaims.parse(token("{"))).isEmpty();
        assertThat(TokenClaims.parse(token(""))).isEmpty();
        assertThat(TokenClaims.parse("a." + "A".repeat(20_000) + ".c")).isEmpty();
    }

    private static String token(String claims) {
        return "e30." + Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(StandardCharsets.UTF_8))
                + ".sig";
    }
}
