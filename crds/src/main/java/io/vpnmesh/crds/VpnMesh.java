// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn.Type;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;

/** One encrypted network as a cluster sees it: the user writes it, annotated pods join it. */
@Group("vpnmesh.io")
@Version("v1alpha1")
@Kind("VpnMesh")
@ShortNames("vm")
@ValidationRule(
        value = "self.metadata.name.size() <= 40 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
        message = "the name of a VpnMesh becomes part of Service names and a label value: use at most 40 lower-case"
                + " letters, digits and '-', beginning with a letter")
@AdditionalPrinterColumn(
        name = "Status",
        jsonPath = ".status.conditions[?(@.type==\"Ready\")].reason",
        type = Type.STRING)
@AdditionalPrinterColumn(name = "Clusters", jsonPath = ".status.clusters", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Peers", jsonPath = ".status.peers", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Direct%", jsonPath = ".status.directPercent", type = Type.INTEGER)
@AdditionalPrinterColumn(name = "Relays", jsonPath = ".status.relaysReady", type = Type.STRING)
@AdditionalPrinterColumn(name = "Range", jsonPath = ".status.effective.ipv4", type = Type.STRING, priority = 1)
@AdditionalPrinterColumn(
        name = "Key-Expiry",
        jsonPath = ".status.keys.intermediateNotAfter",
        type = Type.STRING, // a date column shows an age, and an expiry lies ahead
        priority = 1)
@AdditionalPrinterColumn(name = "Age", jsonPath = ".metadata.creationTimestamp", type = Type.DATE)
public class VpnMesh extends CustomResource<VpnMeshSpec, VpnMeshStatus> implements Namespaced {
    private static final long serialVersionUID = 1L;
}
