// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user wants of a mesh. Fields that hold for the whole mesh have no schema default: a joining cluster takes the
 * founder's, and a default written by the API server could not be told from a wish.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "!has(self.join) || (!has(self.addressing) && !has(self.crypto))",
        message = "a joining cluster takes addressing and crypto from the founder: remove spec.addressing and"
                + " spec.crypto, or remove spec.join to found a new mesh")
@ValidationRule(
        value = "has(self.addressing) == has(oldSelf.addressing)"
                + " && (!has(self.addressing) || self.addressing == oldSelf.addressing)",
        message = "spec.addressing cannot change, pods already hold addresses of it: make a new VpnMesh and move the"
                + " pods")
@ValidationRule(
        value = "(has(self.crypto) && has(self.crypto.suite) ? self.crypto.suite : 'default')"
                + " == (has(oldSelf.crypto) && has(oldSelf.crypto.suite) ? oldSelf.crypto.suite : 'default')",
        message = "spec.crypto.suite cannot change, the mesh's keys are of that suite: make a new VpnMesh")
@ValidationRule(
        value = "has(self.join) == has(oldSelf.join) && (!has(self.join) || self.join == oldSelf.join)",
        message = "spec.join cannot change: delete the VpnMesh and make it again with the new invitation")
@ValidationRule(
        value = "has(self.join) || !has(self.relay) || !has(self.relay.replicas) || self.relay.replicas > 0"
                + " || (has(self.relay.external) && self.relay.external.size() > 0)",
        message = "the founding cluster needs a relay, or nothing can join: set spec.relay.replicas to 1 or more, or"
                + " name one in spec.relay.external (0 is for clusters that join)")
public record VpnMeshSpec(
        @JsonPropertyDescription(
                "Ranges that the mesh hands addresses out of; immutable; the founder's in a cluster that joins")
        @Nullable
        Addressing addressing,

        @JsonPropertyDescription("Namespaces whose pods may join; only the mesh's own namespace unless set") @Nullable
        AllowedNamespaces allowedNamespaces,

        @JsonPropertyDescription(
                "What other members may open at a pod: DeclaredPorts (container ports and vpnmesh.io/inbound-ports; taken unless set), All, None")
        @Nullable
        Inbound inbound,

        @JsonPropertyDescription("Algorithms and lifetimes; the founder's in a cluster that joins") @Nullable
        Crypto crypto,

        @JsonPropertyDescription("Relays of this cluster") @Nullable
        Relay relay,

        @JsonPropertyDescription(
                "STUN servers outside the cluster as HOST:PORT; they let pods learn their public address")
        @Size(max = 8)
        List<String> stunServers,

        @JsonPropertyDescription("Join a mesh that another cluster founded; immutable") @Nullable
        Join join,

        @JsonPropertyDescription(
                "What happens to keys and addresses when the VpnMesh is deleted: Retain (taken unless set) or Delete")
        @Nullable
        DeletionPolicy deletionPolicy,

        @JsonPropertyDescription("The injected sidecar") @Nullable
        Sidecar sidecar) {

    public VpnMeshSpec {
        stunServers = Lists.orEmpty(stunServers);
    }

    /** A spec that asks for nothing in particular. */
    public static VpnMeshSpec empty() {
        return new VpnMeshSpec(null, null, null, null, null, List.of(), null, null, null);
    }

    /** The mesh's ranges. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    @ValidationRule(
            value = "!has(self.ipv4) || !has(self.clusterPrefixLength)"
                    + " || !self.ipv4.matches('^[0-9.]+/[0-9]{1,2}$')"
                    + " || int(self.ipv4.split('/')[1]) <= self.clusterPrefixLength",
            message = "clusterPrefixLength must not be shorter than the prefix of ipv4: a cluster's share has to fit"
                    + " into the mesh's range")
    public record Addressing(
            @JsonPropertyDescription("IPv4 range of the whole mesh; 198.18.0.0/16 unless set")
            @Size(max = 18)
            @ValidationRule(
                    value =
                            "self.matches('^(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])([.](25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}/(8|9|1[0-9]|2[0-4])$')",
                    message = "ipv4 must be an IPv4 range ADDRESS/LENGTH with a length of 8 to 24, for example"
                            + " 198.18.0.0/16")
            @Nullable
            String ipv4,

            @JsonPropertyDescription(
                    "IPv6 range of the whole mesh; a unique local /48 made from the mesh id unless set")
            @Size(max = 43)
            @ValidationRule(
                    value = "self.matches('^[0-9a-fA-F:]+::?/(3[2-9]|4[0-9]|5[0-6])$')",
                    message = "ipv6 must be an IPv6 range ADDRESS/LENGTH with a length of 32 to 56, for example"
                            + " fd12:3456:789a::/48")
            @Nullable
            String ipv6,

            @JsonPropertyDescription(
                    "Length of the IPv4 prefix that each cluster gets out of ipv4, 12 to 24; 20 unless set")
            @Min(12)
            @Max(24)
            @Nullable
            Integer clusterPrefixLength,

            @JsonPropertyDescription("Prefixes beyond the mesh's range that gateways will announce; reserved")
            @Size(max = 32)
            List<Route> routes) {

        public Addressing {
            routes = Lists.orEmpty(routes);
        }
    }

    /** A prefix beyond the mesh's own range. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Route(@Required @Size(min = 3, max = 43) String prefix) {}

    /** Which namespaces' pods may join. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    @ValidationRule(
            value = "(self.from == 'Selector') == has(self.selector)",
            message = "selector belongs to from: Selector: set both or neither")
    public record AllowedNamespaces(
            @JsonPropertyDescription("Same (the VpnMesh's namespace), All, or Selector") @Required
            From from,

            @JsonPropertyDescription("Labels of the namespaces, with from: Selector") @Nullable
            LabelSelector selector) {}

    /** Source of the allowed namespaces. */
    public enum From {
        @JsonProperty("Same")
        SAME,
        @JsonProperty("All")
        ALL,
        @JsonProperty("Selector")
        SELECTOR
    }

    /** What other members may open at a pod; echo requests pass unless None. */
    public enum Inbound {
        @JsonProperty("DeclaredPorts")
        DECLARED_PORTS,
        @JsonProperty("All")
        ALL,
        @JsonProperty("None")
        NONE
    }

    /** Algorithms and lifetimes. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Crypto(
            @JsonPropertyDescription("default (X25519, Ed25519, AES-256-GCM) or fips (P-256); immutable") @Nullable
            Suite suite,

            @JsonPropertyDescription("Lifetime of a pod's certificate, at least 1h; 72h unless set; renewed at a third")
            @Size(max = 16)
            @ValidationRule(
                    value = "self.matches('^([0-9]{1,5}[hms])+$') && duration(self) >= duration('1h')"
                            + " && duration(self) <= duration('8760h')",
                    message = "certificateLifetime must be a duration of 1h to 8760h, for example 72h")
            @Nullable
            String certificateLifetime,

            @JsonPropertyDescription("Age at which IKE and ESP keys are replaced, at least 5m; 1h unless set")
            @Size(max = 16)
            @ValidationRule(
                    value = "self.matches('^([0-9]{1,5}[hms])+$') && duration(self) >= duration('5m')"
                            + " && duration(self) <= duration('24h')",
                    message = "rekeyAfter must be a duration of 5m to 24h, for example 1h")
            @Nullable
            String rekeyAfter) {}

    /** Algorithm suites. */
    public enum Suite {
        @JsonProperty("default")
        DEFAULT,
        @JsonProperty("fips")
        FIPS
    }

    /** Relays of this cluster. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Relay(
            @JsonPropertyDescription(
                    "Relay pods in this cluster; 1 unless set in the founding cluster, 0 in one that joins")
            @Min(0)
            @Max(16)
            @Nullable
            Integer replicas,

            @JsonPropertyDescription("UDP port that clients use; 4500 unless set") @Min(1) @Max(65535) @Nullable
            Integer port,

            @JsonPropertyDescription(
                    "TCP port that clients without UDP and other clusters' operators use; 443 unless set")
            @Min(1)
            @Max(65535)
            @Nullable
            Integer tlsPort,

            @JsonPropertyDescription("How relays are reached from outside") @Nullable
            RelayExpose expose,

            @JsonPropertyDescription("What of the relay's pods may be shaped") @Nullable
            RelayTemplate template,

            @JsonPropertyDescription("Relays that run elsewhere, pinned by key") @Size(max = 16)
            List<ExternalRelay> external) {

        public Relay {
            external = Lists.orEmpty(external);
        }
    }

    /** A relay that this operator does not run. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record ExternalRelay(
            @Required @Size(min = 1, max = 63) String name,

            @JsonPropertyDescription("UDP as ADDRESS:PORT") @Size(max = 4)
            List<String> udp,

            @JsonPropertyDescription("TLS as ADDRESS:PORT") @Size(max = 4)
            List<String> tls,

            @JsonPropertyDescription("SHA-256 of the relay's SubjectPublicKeyInfo, in hex")
            @Required
            @Size(min = 64, max = 64)
            @ValidationRule(
                    value = "self.matches('^[0-9a-f]{64}$')",
                    message = "spki is the SHA-256 of the relay's public key: 64 lower-case hex digits")
            String spki) {

        public ExternalRelay {
            udp = Lists.orEmpty(udp);
            tls = Lists.orEmpty(tls);
        }
    }

    /** The invitation of another cluster. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Join(
            @JsonPropertyDescription(
                    "Secret in the VpnMesh's namespace whose key token holds what kubectl vpnmesh invite printed")
            @Required
            SecretRef secretRef) {}

    /** A Secret of the same namespace. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record SecretRef(
            @Required @Size(min = 1, max = 253) String name) {}

    /** What outlives the VpnMesh. */
    public enum DeletionPolicy {
        @JsonProperty("Retain")
        RETAIN,
        @JsonProperty("Delete")
        DELETE
    }

    /** The injected sidecar. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Sidecar(
            @JsonPropertyDescription("Requests and limits of the sidecar container") @Nullable
            ResourceRequirements resources,

            @JsonPropertyDescription("Least severe events that are logged; info unless set") @Nullable
            LogLevel logLevel,

            @JsonPropertyDescription("A tunnel without traffic closes after this, at least 30s; 10m unless set")
            @Size(max = 16)
            @ValidationRule(
                    value = "self.matches('^([0-9]{1,5}[hms])+$') && duration(self) >= duration('30s')"
                            + " && duration(self) <= duration('24h')",
                    message = "idleTimeout must be a duration of 30s to 24h, for example 10m")
            @Nullable
            String idleTimeout) {}

    /** Severity of log lines. */
    public enum LogLevel {
        @JsonProperty("debug")
        DEBUG,
        @JsonProperty("info")
        INFO,
        @JsonProperty("warn")
        WARN,
        @JsonProperty("error")
        ERROR
    }
}
