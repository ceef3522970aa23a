// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who may join what, how often and for how long. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "self == oldSelf",
        message = "an invitation cannot change after it was made: delete it and make another")
public record VpnInviteSpec(
        @JsonPropertyDescription("Name of a VpnMesh in the same namespace") @Required @Size(min = 1, max = 40)
        String mesh,

        @JsonPropertyDescription("How long the token is good for, 1m to 720h; 1h unless set")
        @Size(max = 16)
        @ValidationRule(
                value = "self.matches('^([0-9]{1,5}[hms])+$') && duration(self) >= duration('1m')"
                        + " && duration(self) <= duration('720h')",
                message = "expiresAfter must be a duration of 1m to 720h, for example 1h")
        @Nullable
        String expiresAfter,

        @JsonPropertyDescription("How many clusters may join with the token; 1 unless set") @Min(1) @Max(100) @Nullable
        Integer uses,

        @JsonPropertyDescription("Clusters that join stay out until an admin sets spec.approved of their VpnCluster")
        @Nullable
        Boolean requireApproval,

        @JsonPropertyDescription(
                "Prefixes out of the mesh's range that joining clusters may get; any free one unless set")
        @Size(max = 16)
        List<String> prefixes) {

    public VpnInviteSpec {
        prefixes = Lists.orEmpty(prefixes);
    }
}
