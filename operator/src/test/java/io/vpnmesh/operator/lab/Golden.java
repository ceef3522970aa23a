// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Compares with a committed file; {@code -Dupdate} writes the file instead. */
public final class Golden {

    private static final Path FOLDER = Path.of("src/test/resources/golden");
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    private Golden() {}

    public static String yaml(Object object) {
        return SERIALIZATION.asYaml(object);
    }

    public static <T> T read(String yaml, Class<T> type) {
        return SERIALIZATION.unmarshal(yaml, type);
    }

    public static void matches(String file, String actual) {
        Path path = FOLDER.resolve(file);
        try {
            if (System.getProperty("update") != null) {
                Files.createDirectories(FOLDER);
                Files.writeString(path, actual);
            }
            assertThat(path)
                    .as("run the test with -Dupdate, look at the difference and commit it")
                    .exists();
            assertThat(actual).isEqualTo(Files.readString(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
