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

/** A pod in a mesh: written by the operator, named and owned by the Pod. */
@Group("vpnmesh.io")
@Version("v1alpha1")
@Kind("VpnPeer")
@ShortNames("vp")
@AdditionalPrinterColumn(
        name = "Status",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
        type = Type.STRING)
@AdditionalPrinterColumn(name = "Mesh", jsonPath = ".spec.mesh.name", type = Type.STRING)
@AdditionalPrinterColumn(name = "Address", jsonPath = ".status.addresses[0]", type = Type.STRING)
@AdditionalPrinterColumn(name = "Direct", jsonPath = ".status.direct", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Relayed", jsonPath = ".status.relayed", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Why", jsonPath = ".status.relayedReason", type = Type.STRING)
@AdditionalPrinterColumn(name = "NAT", jsonPath = ".status.natType", type = Type.STRING)
@AdditionalPrinterColumn(name = "Node", jsonPath = ".spec.nodeName", type = Type.STRING, priority = 1)
@AdditionalPrinterColumn(name = "Node-Id", jsonPath = ".status.nodeId", type = Type.STRING, priority = 1)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class VpnPeer extends CustomResource<VpnPeerSpec, VpnPeerStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
