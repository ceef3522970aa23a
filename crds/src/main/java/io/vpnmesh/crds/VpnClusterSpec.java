// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Which cluster, and what an admin decided about it. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "self.mesh == oldSelf.mesh && self.clusterId == oldSelf.clusterId",
        message = "a VpnCluster stands for one cluster of one mesh: only spec.approved and spec.revoked may change")
@ValidationRule(
        value = "!(has(oldSelf.revoked) && oldSelf.revoked) || (has(self.revoked) && self.revoked)",
        message = "a revoked cluster stays revoked, its keys may be in other hands: let it join again with a new"
                + " invitation")
public record VpnClusterSpec(
        @JsonPropertyDescription("Name of a VpnMesh in the same namespace") @Required @Size(min = 1, max = 40)
        String mesh,

        @Required
        @Size(min = 26, max = 26)
        @ValidationRule(
                value = "self.matches('^[a-z2-7]{26}$')",
                message = "clusterId is 26 characters of lower-case base32")
        String clusterId,

        @JsonPropertyDescription("A short name for people") @Nullable @Size(max = 63)
        String displayName,

        @JsonPropertyDescription("Set by an admin where the invitation asked for approval") @Nullable
        Boolean approved,

        @JsonPropertyDescription("Set by an admin: the cluster's certificates are refused everywhere, for good")
        @Nullable
        Boolean revoked) {}
