// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is true of a mesh, seen from this cluster. Conditions: {@link Conditions}. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record VpnMeshStatus(
        @Nullable Long observedGeneration,

        @JsonPropertyDescription("Made once with the root key; 26 characters of base32") @Nullable
        String meshId,

        @JsonPropertyDescription("This cluster's id in the mesh") @Nullable
        String clusterId,

        @JsonPropertyDescription("What is in force after defaults and, in a cluster that joined, the founder's values")
        @Nullable
        Effective effective,

        @JsonPropertyDescription("Prefixes that this cluster hands addresses out of")
        List<String> prefixes,

        @JsonPropertyDescription("Relays of this cluster") List<RelayStatus> relays,

        @JsonPropertyDescription("Ready and wanted relays as 1/1") @Nullable
        String relaysReady,

        @JsonPropertyDescription("Clusters in the mesh, this one included") @Nullable
        Integer clusters,

        @JsonPropertyDescription("Pods of this cluster in the mesh") @Nullable
        Integer peers,

        @JsonPropertyDescription("Share of the connections of this cluster's pods that are direct, in percent")
        @Nullable
        Integer directPercent,

        @JsonPropertyDescription("Images of the sidecars that run, with their number")
        List<SidecarVersion> sidecars,

        @Nullable Keys keys,
        List<Condition> conditions) {

    public VpnMeshStatus {
        prefixes = Lists.orEmpty(prefixes);
        relays = Lists.orEmpty(relays);
        sidecars = Lists.orEmpty(sidecars);
        conditions = Lists.orEmpty(conditions);
    }

    /** The status of a mesh that nobody has looked at. */
    public static VpnMeshStatus empty() {
        return new VpnMeshStatus(
                null, null, null, null, List.of(), List.of(), null, null, null, null, List.of(), null, List.of());
    }

    /** Values in force. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Effective(
            @Nullable String ipv4,
            @Nullable String ipv6,
            @Nullable Integer clusterPrefixLength,
            @Nullable String suite,
            @Nullable String inbound,
            @Nullable String certificateLifetime) {}

    /** One relay pod of this cluster. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record RelayStatus(
            @JsonPropertyDescription("Name of the relay's pod and Service")
            String name,

            @Nullable String nodeId,

            @JsonPropertyDescription("UDP as ADDRESS:PORT, as others reach it")
            List<String> udp,

            @JsonPropertyDescription("TLS as ADDRESS:PORT, as others reach it")
            List<String> tls,

            @Nullable Boolean ready) {

        public RelayStatus {
            udp = Lists.orEmpty(udp);
            tls = Lists.orEmpty(tls);
        }
    }

    /** How many pods run a sidecar image. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record SidecarVersion(String image, int count) {}

    /** When keys expire; RFC 3339. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Keys(
            @JsonPropertyDescription("SHA-256 of the root certificate, in hex") @Nullable
            String rootFingerprint,

            @Nullable String rootNotAfter,
            @Nullable String intermediateNotAfter,

            @JsonPropertyDescription("The earliest expiry among the certificates of this cluster's pods") @Nullable
            String leafNotAfter) {}
}
