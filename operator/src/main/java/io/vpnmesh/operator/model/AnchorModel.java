// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.model;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.vpnmesh.operator.mesh.Marks;
import java.util.Map;

/** The ConfigMap by which pods of a namespace trust the operator. */
public final class AnchorModel {

    private AnchorModel() {}

    public static ConfigMap desired(String namespace, String anchors) {
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withName(Marks.CA_CONFIG_MAP)
                .withNamespace(namespace)
                .withLabels(Map.of(Marks.MANAGED_BY, Marks.OPERATOR))
                .endMetadata()
                .withData(Map.of(Marks.CA_KEY, anchors))
                .build();
    }
}
