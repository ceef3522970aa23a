// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.operator.lab.Fixtures;
import java.util.List;
import org.junit.jupiter.api.Test;

class SidecarContractTest {

    @Test
    void nodesOfAFipsMeshLearnTheSuiteBeforeTheyMakeTheirKey() {
        VpnMesh mesh = new VpnMesh();
        mesh.setSpec(new VpnMeshSpec(
                null,
                null,
                null,
                new VpnMeshSpec.Crypto(VpnMeshSpec.Suite.FIPS, null, null),
                null,
                List.of(),
                null,
                null,
                null));

        assertThat(SidecarContract.environment(Fixtures.OPERATOR, MeshDefaults.suite(mesh)))
                .contains(SidecarContract.env("VPNMESH_CRYPTO_SUITE", "fips"));
    }

    @Test
    void nodesOfAnOrdinaryMeshNeedNoSuite() {
        VpnMesh mesh = new VpnMesh();
        mesh.setSpec(VpnMeshSpec.empty());

        assertThat(SidecarContract.environment(Fixtures.OPERATOR, MeshDefaults.suite(mesh)))
                .noneMatch(variable -> variable.getName().equals("VPNMESH_CRYPTO_SUITE"));
    }
}
