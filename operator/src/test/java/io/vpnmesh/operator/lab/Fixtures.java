// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.lab;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.model.OperatorFacts;
import java.util.Map;

/** Objects that many tests need. */
public final class Fixtures {

    public static final OperatorFacts OPERATOR = new OperatorFacts(
            "https://10.96.0.10:443",
            "vpnmesh-operator.vpnmesh-system.svc",
            "-----BEGIN CERTIFICATE-----\nanchor\n-----END CERTIFICATE-----\n",
            "vpnmesh-sidecar:0.1.0",
            "vpnmesh-relay:0.1.0",
            "IfNotPresent");

    private Fixtures() {}

    /** A VpnMesh whose spec is the given YAML, indented by two. */
    public static VpnMesh mesh(String namespace, String name, String spec) {
        VpnMesh mesh = Golden.read(
                "apiVersion: vpnmesh.io/v1alpha1\nkind: VpnMesh\nmetadata:\n  name: " + name + "\n  namespace: "
                        + namespace + "\n  uid: 11111111-2222-3333-4444-555555555555\nspec:\n" + spec,
                VpnMesh.class);
        return mesh;
    }

    public static VpnMesh mesh(String namespace, String name) {
        return mesh(namespace, name, "  {}\n");
    }

    public static Namespace namespace(String name, Map<String, String> labels) {
        return new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .build();
    }

    /** A Pod from YAML without apiVersion and kind. */
    public static Pod pod(String yaml) {
        return Golden.read("apiVersion: v1\nkind: Pod\n" + yaml, Pod.class);
    }
}
