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
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How relays are reached from outside the cluster: one address per replica, whatever the way. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "!has(self.loadBalancer) || !has(self.type) || self.type == 'LoadBalancer'",
        message = "expose.loadBalancer belongs to type: LoadBalancer")
@ValidationRule(
        value = "has(self.nodePort) == (has(self.type) && self.type == 'NodePort')",
        message = "type: NodePort needs expose.nodePort (with the addresses that reach the nodes), and only it may have"
                + " one")
@ValidationRule(
        value = "!has(self.hostPort) || (has(self.type) && self.type == 'HostPort')",
        message = "expose.hostPort belongs to type: HostPort")
public record RelayExpose(
        @JsonPropertyDescription(
                "LoadBalancer (taken unless set), NodePort, HostPort, or ClusterIP (not reachable from outside)")
        @Nullable
        Type type,

        @Nullable LoadBalancer loadBalancer,
        @Nullable NodePort nodePort,
        @Nullable HostPort hostPort) {

    /** Ways to a relay. */
    public enum Type {
        @JsonProperty("LoadBalancer")
        LOAD_BALANCER,
        @JsonProperty("NodePort")
        NODE_PORT,
        @JsonProperty("HostPort")
        HOST_PORT,
        @JsonProperty("ClusterIP")
        CLUSTER_IP
    }

    /** A load balancer of the cluster's provider. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record LoadBalancer(
            @JsonPropertyDescription("spec.loadBalancerClass of the Services")
            @Nullable
            @Size(max = 253)
            @JsonProperty("class")
            String loadBalancerClass,

            @JsonPropertyDescription("Annotations of the Services, as the provider asks for them")
            Map<String, String> annotations) {

        public LoadBalancer {
            annotations = Lists.orEmpty(annotations);
        }
    }

    /** Ports of every node; replica n takes the first ports plus n. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record NodePort(
            @JsonPropertyDescription("UDP port of replica 0; chosen by the API server unless set")
            @Min(1)
            @Max(65535)
            @Nullable
            Integer udpPort,

            @JsonPropertyDescription("TCP port of replica 0; chosen by the API server unless set")
            @Min(1)
            @Max(65535)
            @Nullable
            Integer tlsPort,

            @JsonPropertyDescription("Addresses at which others reach the nodes") @Required @Size(min = 1, max = 8)
            List<String> addresses) {

        public NodePort {
            addresses = Lists.orEmpty(addresses);
        }
    }

    /** A port of the node that the relay's pod runs on. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record HostPort(
            @JsonPropertyDescription("Nodes that have a public address")
            Map<String, String> nodeSelector) {

        public HostPort {
            nodeSelector = Lists.orEmpty(nodeSelector);
        }
    }
}
