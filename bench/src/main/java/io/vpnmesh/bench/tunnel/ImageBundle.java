// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.directory.json.JsonObject;
import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * An image of the product, unpacked: what a container runtime would start.
 *
 * @param root of its file system
 * @param user numeric
 */
record ImageBundle(Path root, List<String> entrypoint, List<String> environment, int user) {

    private static final String ARCHIVES = "images/target/archives";

    /**
     * Unpacks {@code images/target/archives/NAME-docker.tar}. Errors: LabException when {@code make images} has not run.
     *
     * @param folder where to, empty
     */
    static ImageBundle unpack(String name, Path folder) {
        Path archive = Tools.repository().resolve(ARCHIVES).resolve(name + "-docker.tar");
        if (!Files.exists(archive)) {
            throw new LabException(archive + " is missing: run 'make images'");
        }
        try {
            Path parts = Files.createDirectories(folder.resolve("parts"));
            Path root = Files.createDirectories(folder.resolve("root"));
            extract(archive, parts);
            // The manifest is a list of one.
            String manifest = Files.readString(parts.resolve("manifest.json")).strip();
            JsonObject image = Json.parse(manifest.substring(1, manifest.length() - 1));
            for (String layer : image.texts("Layers")) {
                extract(parts.resolve(layer), root);
            }
            JsonObject config = Json.parse(Files.readString(parts.resolve(image.text("Config"))))
                    .object("config");
            String user = config.text("User");
            return new ImageBundle(
                    root,
                    config.texts("Entrypoint"),
                    config.has("Env") ? config.texts("Env") : List.of(),
                    Integer.parseInt(user.substring(0, user.indexOf(':'))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (MalformedException e) {
            throw new LabException(archive + " is no image archive: " + e.getMessage(), e);
        }
    }

    private static void extract(Path archive, Path folder) {
        Command.of("tar", "-xf", archive.toString(), "-C", folder.toString()).orThrow();
    }
}
