// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.operator.lab.LabResource;
import io.vpnmesh.operator.lab.LabWorld;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The packaged operator, as a process of its own. Runs with the profile native, after packaging. */
@QuarkusIntegrationTest
@QuarkusTestResource(LabResource.class)
@Tag("lab")
class OperatorBinaryCheck {

    /** Set by {@link LabResource}. */
    @SuppressWarnings("NullAway.Init")
    KubernetesClient client;

    @Test
    void meshGetsKeysAndRelays() {
        LabWorld world = new LabWorld(client);
        String namespace = world.namespace(Map.of());

        VpnMesh mesh = world.readyKeys(world.mesh(namespace, "blue", VpnMeshSpec.empty()));

        assertThat(mesh.getStatus().prefixes()).contains("198.18.0.0/20");
        assertThat(client.apps()
                        .statefulSets()
                        .inNamespace(namespace)
                        .withName("blue-relay")
                        .get())
                .isNotNull();
    }
}
