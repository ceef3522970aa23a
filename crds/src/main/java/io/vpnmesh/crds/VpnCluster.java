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

/**
 * A cluster of a mesh, this one included. Deleting the object revokes nothing, the operator makes it again: set {@code
 * spec.revoked}.
 */
@Group("vpnmesh.io")
@Version("v1alpha1")
@Kind("VpnCluster")
@ShortNames("vc")
@AdditionalPrinterColumn(
        name = "Status",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
        type = Type.STRING)
@AdditionalPrinterColumn(name = "Mesh", jsonPath = ".spec.mesh", type = Type.STRING)
@AdditionalPrinterColumn(name = "Name", jsonPath = ".spec.displayName", type = Type.STRING)
@AdditionalPrinterColumn(name = "Prefixes", jsonPath = ".status.prefixes", type = Type.STRING)
@AdditionalPrinterColumn(name = "Peers", jsonPath = ".status.peers", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Connected", jsonPath = ".status.connected", type = Type.BOOLEAN)
@AdditionalPrinterColumn(name = "Last-Seen", jsonPath = ".status.lastSeen", type = Type.STRING)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class VpnCluster extends CustomResource<VpnClusterSpec, VpnClusterStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
