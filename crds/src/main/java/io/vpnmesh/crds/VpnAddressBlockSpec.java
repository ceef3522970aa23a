// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Which addresses: an offset counts from the beginning of both slices, so one allocation gives one address of each. */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "self == oldSelf",
        message = "an address block never changes its range: pods hold addresses of it")
@ValidationRule(value = "has(self.ipv4) || has(self.ipv6)", message = "an address block needs ipv4, ipv6 or both")
public record VpnAddressBlockSpec(
        @JsonPropertyDescription("Name of a VpnMesh in the same namespace") @Required @Size(min = 1, max = 40)
        String mesh,

        @JsonPropertyDescription("Mesh id: a VpnMesh made again under the same name has another")
        @Required
        @Size(min = 26, max = 26)
        String meshId,

        @JsonPropertyDescription("A /24") @Nullable @Size(max = 18)
        String ipv4,

        @JsonPropertyDescription("A /120") @Nullable @Size(max = 43)
        String ipv6) {}
