// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of a cluster. Conditions: Ready. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VpnClusterStatus(
        @Nullable Long observedGeneration,

        @JsonPropertyDescription("This is the cluster that the object lies in") @Nullable
        Boolean local,

        @JsonPropertyDescription("This cluster founded the mesh and holds the root key") @Nullable
        Boolean founder,

        @JsonPropertyDescription("Prefixes that it hands addresses out of")
        List<String> prefixes,

        @JsonPropertyDescription("Its intermediate certificate, PEM") @Nullable
        String trustAnchor,

        @JsonPropertyDescription("Its frames arrive") @Nullable
        Boolean connected,

        @JsonPropertyDescription("Pods of it in the mesh") @Nullable
        Integer peers,

        @JsonPropertyDescription("Last frame, to the minute; RFC 3339") @Nullable
        String lastSeen,

        List<Condition> conditions) {

    public VpnClusterStatus {
        prefixes = Lists.orEmpty(prefixes);
        conditions = Lists.orEmpty(conditions);
    }

    /** The status of a cluster that nobody has looked at. */
    public static VpnClusterStatus empty() {
        return new VpnClusterStatus(null, null, null, List.of(), null, null, null, null, List.of());
    }
}
