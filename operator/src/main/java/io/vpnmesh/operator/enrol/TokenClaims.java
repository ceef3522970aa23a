// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * What a service account token says about itself, unverified. Only good for a clear message, and to refuse early what
 * the API server would refuse too; nothing is ever granted by it.
 */
record TokenClaims(List<String> audiences, Optional<Instant> expiresAt) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_CHARACTERS = 16 * 1024;

    /** Empty when the text is no JSON web token (RFC 7519). */
    static Optional<TokenClaims> parse(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3 || token.length() > MAX_CHARACTERS) {
            return Optional.empty();
        }
        try {
            JsonNode claims = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
            if (claims == null || !claims.isObject()) {
                return Optional.empty();
            }
            List<String> audiences = new ArrayList<>();
            JsonNode audience = claims.path("aud");
            if (audience.isTextual()) {
                audiences.add(audience.asText());
            }
            audience.forEach(entry -> audiences.add(entry.asText()));
            JsonNode expiry = claims.path("exp");
            return Optional.of(new TokenClaims(
                    List.copyOf(audiences),
                    expiry.isNumber() ? Optional.of(Instant.ofEpochSecond(expiry.asLong())) : Optional.empty()));
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
