// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;

/**
 * A slice of a cluster's prefix with the pods that hold its addresses. Lies in the VpnMesh's namespace, is written by
 * the operator only, by compare-and-swap on the resource version, so that several replicas can allocate; outlives pods.
 */
@Group("vpnmesh.io")
@Version("v1alpha1")
@Kind("VpnAddressBlock")
@Plural("vpnaddressblocks")
@AdditionalPrinterColumn(name = "Mesh", jsonPath = ".spec.mesh", type = Type.STRING)
@AdditionalPrinterColumn(name = "IPv4", jsonPath = ".spec.ipv4", type = Type.STRING)
@AdditionalPrinterColumn(name = "IPv6", jsonPath = ".spec.ipv6", type = Type.STRING, priority = 1)
@AdditionalPrinterColumn(name = "Used", jsonPath = ".status.used", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class VpnAddressBlock extends CustomResource<VpnAddressBlockSpec, VpnAddressBlockStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
