// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ChartTest {

    private static final Path CRDS = Path.of("../crds");
    private static final Path CHART = Path.of("../charts/vpnmesh");

    @Test
    void chartCarriesTheCommittedDefinitions() throws IOException {
        assertThat(yaml(CHART.resolve("crds")))
                .as("cp crds/*.yaml charts/vpnmesh/crds/")
                .isEqualTo(yaml(CRDS));
    }

    @Test
    void chartSetsEveryKeyThatDependsOnTheInstallation() throws IOException {
        String deployment = Files.readString(CHART.resolve("templates/deployment.yaml"));

        assertThat(deployment)
                .contains(
                        "VPNMESH_NAMESPACE",
                        "VPNMESH_POD_NAME",
                        "VPNMESH_SERVICE_NAME",
                        "VPNMESH_WEBHOOK_CONFIGURATION",
                        "VPNMESH_IMAGES_SIDECAR",
                        "VPNMESH_IMAGES_RELAY",
                        "VPNMESH_IMAGES_PULL_POLICY");
    }

    private static Map<String, String> yaml(Path folder) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (var paths = Files.newDirectoryStream(folder, "*.yaml")) {
            for (Path path : paths) {
                files.put(path.getFileName().toString(), Files.readString(path));
            }
        }
        return files;
    }
}
