// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** An invitation into a mesh, made in the founding cluster; its token lies in a Secret that it owns. */
@Group("vpnmesh.io")
@Version("v1alpha1")
@Kind("VpnInvite")
@ShortNames("vi")
@AdditionalPrinterColumn(
        name = "Status",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
        type = Type.STRING)
@AdditionalPrinterColumn(name = "Mesh", jsonPath = ".spec.mesh", type = Type.STRING)
@AdditionalPrinterColumn(name = "Uses-Left", jsonPath = ".status.usesLeft", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Expires", jsonPath = ".status.expiresAt", type = Type.STRING)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class VpnInvite extends CustomResource<VpnInviteSpec, VpnInviteStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
