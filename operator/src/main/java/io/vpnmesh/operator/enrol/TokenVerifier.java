// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vpnmesh.operator.mesh.Marks;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Asks the API server whose token this is, for our audience only: a pod's ordinary token is worth nothing here. */
@ApplicationScoped
class TokenVerifier {

    private static final String USER_PREFIX = "system:serviceaccount:";
    private static final String POD_NAME = "authentication.kubernetes.io/pod-name";
    private static final String POD_UID = "authentication.kubernetes.io/pod-uid";

    private final KubernetesClient client;
    private final InstantSource clock = InstantSource.system();

    TokenVerifier(KubernetesClient client) {
        this.client = client;
    }

    /** Errors: Refused with what is wrong with the token. */
    TokenPod verify(String token) {
        TokenClaims claims = TokenClaims.parse(token)
                .orElseThrow(() -> Refused.unauthorized(
                        "TokenMalformed",
                        "the bearer token is no service account token: send the content of the projected token file"));
        refuseOtherAudience(claims);
        refuseExpired(claims);
        TokenReview review = client.resource(new TokenReviewBuilder()
                        .withNewSpec()
                        .withToken(token)
                        .withAudiences(Marks.AUDIENCE)
                        .endSpec()
                        .build())
                .create();
        @Nullable TokenReviewStatus status = review.getStatus();
        if (status == null || !Boolean.TRUE.equals(status.getAuthenticated())) {
            throw Refused.unauthorized(
                    "TokenRefused",
                    "the API server refuses the token"
                            + (status == null || status.getError() == null ? "" : " (" + status.getError() + ")")
                            + ": it must be a projected token of this cluster, read again from its file; is the pod"
                            + " still there?");
        }
        if (!status.getAudiences().contains(Marks.AUDIENCE)) {
            throw otherAudience(status.getAudiences());
        }
        return podOf(status.getUser());
    }

    private static void refuseOtherAudience(TokenClaims claims) {
        if (!claims.audiences().contains(Marks.AUDIENCE)) {
            throw otherAudience(claims.audiences());
        }
    }

    private static Refused otherAudience(List<String> audiences) {
        return Refused.unauthorized(
                "TokenAudience",
                "the token is for the audience " + audiences + ", not for " + Marks.AUDIENCE
                        + ": mount a projected serviceAccountToken with audience: " + Marks.AUDIENCE);
    }

    private void refuseExpired(TokenClaims claims) {
        Instant now = clock.instant();
        claims.expiresAt().filter(now::isAfter).ifPresent(expiry -> {
            throw Refused.unauthorized(
                    "TokenExpired",
                    "the token expired at " + expiry + ", the clock here says " + now
                            + ": read the token file again, the kubelet renews it; if it is fresh, correct the clocks");
        });
    }

    private static TokenPod podOf(@Nullable UserInfo user) {
        String name = user == null ? "" : user.getUsername();
        String[] parts = name.startsWith(USER_PREFIX)
                ? name.substring(USER_PREFIX.length()).split(":", -1)
                : new String[0];
        if (user == null || parts.length != 2) {
            throw Refused.unauthorized(
                    "TokenNotOfAPod", "the token belongs to " + name + ", not to a pod's service account");
        }
        return new TokenPod(parts[0], parts[1], extra(user, POD_NAME), extra(user, POD_UID));
    }

    private static String extra(UserInfo user, String key) {
        Map<String, List<String>> extra = user.getExtra();
        List<String> values = extra == null ? null : extra.get(key);
        if (values == null || values.size() != 1) {
            throw Refused.unauthorized(
                    "TokenNotOfAPod",
                    "the token is not bound to a pod: use the projected token that the kubelet mounts, not one of"
                            + " kubectl create token");
        }
        return values.getFirst();
    }
}
