// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who holds which address. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VpnAddressBlockStatus(
        @JsonPropertyDescription("Number of allocations, quarantined ones included") @Nullable
        Integer used,

        @JsonPropertyDescription("By pod uid") Map<String, Allocation> allocations) {

    public VpnAddressBlockStatus {
        allocations = Lists.orEmpty(allocations);
    }

    /** A block whose addresses are all free. */
    public static VpnAddressBlockStatus empty() {
        return of(Map.of());
    }

    public static VpnAddressBlockStatus of(Map<String, Allocation> allocations) {
        return new VpnAddressBlockStatus(allocations.size(), allocations);
    }

    /**
     * One address (or one of each family) of one pod.
     *
     * @param offset from the beginning of the block, 1 to 254
     * @param generation of the pod's key; 0 before it has enrolled
     * @param releasedAt when quarantine began, RFC 3339; set with state Quarantined only
     */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Allocation(
            @Required @Min(1) @Max(254) int offset,
            @Required long generation,
            @Required String nodeId,
            @Required State state,
            @Nullable String releasedAt,
            @Required String podNamespace,
            @Required String podName,

            @JsonPropertyDescription("SHA-256 of the public key that the current generation enrolled with, in hex")
            @Nullable
            String keyHash) {}

    /** Life of an allocation: held by a pod, then kept from others until no peer can still send to the old holder. */
    public enum State {
        @JsonProperty("Held")
        HELD,
        @JsonProperty("Quarantined")
        QUARANTINED
    }
}
