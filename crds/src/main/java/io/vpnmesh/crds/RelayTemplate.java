// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What of a relay's pods may be shaped. A closed list: a whole pod template, run by the operator for a tenant, would be
 * privilege escalation.
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
public record RelayTemplate(
        @JsonPropertyDescription("Annotations of the relay's pods")
        Map<String, String> annotations,

        @Nullable ResourceRequirements resources,
        Map<String, String> nodeSelector,
        @Nullable Affinity affinity,
        @Size(max = 32) List<Toleration> tolerations,
        @Size(max = 16) List<TopologySpreadConstraint> topologySpreadConstraints,
        @Nullable @Size(max = 253) String priorityClassName) {

    public RelayTemplate {
        annotations = Lists.orEmpty(annotations);
        nodeSelector = Lists.orEmpty(nodeSelector);
        tolerations = Lists.orEmpty(tolerations);
        topologySpreadConstraints = Lists.orEmpty(topologySpreadConstraints);
    }
}
