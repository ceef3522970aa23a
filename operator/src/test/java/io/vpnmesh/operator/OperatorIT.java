// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.operator.lab.LabResource;
import jakarta.inject.Inject;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(LabResource.class)
@Tag("lab")
class OperatorIT {

    @Inject
    KubernetesClient client;

    @Test
    void meshGetsKeysRelaysAndAnchor() {
        client.resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withName("vpnmesh-operator")
                        .withNamespace(LabResource.NAMESPACE)
                        .endMetadata()
                        .withNewSpec()
                        .addNewPort()
                        .withPort(443)
                        .endPort()
                        .endSpec()
                        .build())
                .create();
        client.resource(new NamespaceBuilder().withNewMetadata().withName("shop").endMetadata().build()).create();
        VpnMesh mesh = new VpnMesh();
        mesh.getMetadata().setName("blue");
        mesh.getMetadata().setNamespace("shop");
        mesh.setSpec(VpnMeshSpec.empty());
        client.resource(mesh).create();

        VpnMesh done = client.resources(VpnMesh.class).inNamespace("shop").withName("blue")
                .waitUntilCondition(found -> found != null && found.getStatus() != null && found.getStatus().meshId() != null, 30, TimeUnit.SECONDS);

        assertThat(client.apps().statefulSets().inNamespace("shop").withName("blue-relay").get()).isNotNull();
        System.out.println(io.fabric8.kubernetes.client.utils.Serialization.asYaml(done));
    }
}
