// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What became of an invitation. A use is taken by compare-and-swap on this status. Conditions: Ready. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VpnInviteStatus(
        @Nullable Long observedGeneration,
        @JsonPropertyDescription("RFC 3339") @Nullable String expiresAt,
        @Nullable Integer usesLeft,

        @JsonPropertyDescription("Secret whose key token is to be handed to the other cluster; gone after the last use")
        @Nullable
        String secretName,

        List<Redemption> redemptions,
        List<Condition> conditions) {

    public VpnInviteStatus {
        redemptions = Lists.orEmpty(redemptions);
        conditions = Lists.orEmpty(conditions);
    }

    /** The status of an invitation that nobody has looked at. */
    public static VpnInviteStatus empty() {
        return new VpnInviteStatus(null, null, null, null, List.of(), List.of());
    }

    /** One cluster that joined. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Redemption(
            String clusterId,
            @Nullable String clusterName,
            @JsonPropertyDescription("RFC 3339") String at) {}
}
