// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Which pod, and which mesh it is in. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "self.podUid == oldSelf.podUid && self.mesh == oldSelf.mesh",
        message = "a VpnPeer stands for one pod in one mesh: the operator makes a new one for a new pod")
public record VpnPeerSpec(
        @Required MeshRef mesh,

        @JsonPropertyDescription("The pod, in this object's namespace") @Required @Size(min = 1, max = 253)
        String podName,

        @Required @Size(min = 1, max = 64) String podUid,

        @JsonPropertyDescription("The Kubernetes node that it runs on") @Nullable @Size(max = 253)
        String nodeName) {

    /** A VpnMesh of this cluster. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record MeshRef(
            @Required @Size(min = 1, max = 63) String namespace,
            @Required @Size(min = 1, max = 40) String name) {}
}
