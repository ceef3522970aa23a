// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrdYamlTest {

    private static final Path COMMITTED = Path.of("").toAbsolutePath();
    private static final Path CHART = COMMITTED.resolveSibling("charts/vpnmesh/crds");

    @TempDir
    Path scratch;

    private Map<String, String> generated;

    @BeforeEach
    void generate() {
        generated = CrdYaml.generate(scratch);
    }

    @Test
    void committedYamlIsWhatTheClassesSay() throws IOException {
        if (System.getProperty("update") != null) {
            for (var file : generated.entrySet()) {
                Files.writeString(COMMITTED.resolve(file.getKey()), file.getValue());
                Files.writeString(CHART.resolve(file.getKey()), file.getValue());
            }
        }

        String fix = "run ./mvnw -pl crds test -Dtest=CrdYamlTest -Dupdate and commit crds/*.yaml and the chart's";
        assertThat(yaml(COMMITTED)).as(fix).isEqualTo(generated);
        assertThat(yaml(CHART)).as(fix).isEqualTo(generated);
    }

    @Test
    void meshWideFieldsHaveNoDefault() {
        assertThat(generated.values()).allSatisfy(yaml -> assertThat(yaml).doesNotContain(" default:"));
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
