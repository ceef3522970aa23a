// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Changes of state only; values that tick belong to metrics. Conditions: Ready. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VpnPeerStatus(
        @Nullable Long observedGeneration,

        @JsonPropertyDescription("Node id in the mesh; 26 characters of base32") @Nullable
        String nodeId,

        @JsonPropertyDescription("Overlay addresses") List<String> addresses,

        @JsonPropertyDescription("SPIFFE id in the pod's certificate") @Nullable
        String identity,

        @JsonPropertyDescription("Raised whenever the pod enrols with a new key") @Nullable
        Long generation,

        @JsonPropertyDescription("Expiry of the certificate; RFC 3339") @Nullable
        String certificateNotAfter,

        @JsonPropertyDescription("What kind of NAT the sidecar sees in front of it") @Nullable
        String natType,

        @JsonPropertyDescription("Relays that the pod is connected to, as node ids")
        List<String> homeRelays,

        @JsonPropertyDescription("Peers reached directly") @Nullable
        Integer direct,

        @JsonPropertyDescription("Peers reached through a relay") @Nullable
        Integer relayed,

        @JsonPropertyDescription("The commonest reason for being relayed") @Nullable
        String relayedReason,

        List<Condition> conditions) {

    public VpnPeerStatus {
        addresses = Lists.orEmpty(addresses);
        homeRelays = Lists.orEmpty(homeRelays);
        conditions = Lists.orEmpty(conditions);
    }

    /** The status of a pod that has not enrolled. */
    public static VpnPeerStatus empty() {
        return new VpnPeerStatus(null, null, List.of(), null, null, null, null, List.of(), null, null, null, List.of());
    }
}
