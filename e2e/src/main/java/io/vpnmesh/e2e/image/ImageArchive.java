// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.image;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.TarImage;
import io.vpnmesh.e2e.run.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.ExecutionException;

/// Writes a Docker archive that `ctr images import` and `docker load` read.
final class ImageArchive {
    private ImageArchive() {}

    /// Writes it whole or not at all: a reader never sees half an archive.
    ///
    /// @param image reference such as `vpnmesh.io/lab/web:1`
    static Path write(JibContainerBuilder container, String image, Path archive) {
        try {
            Files.createDirectories(archive.getParent());
            var building = Files.createTempFile(archive.getParent(), "building-", ".tar");
            var layers = Files.createTempDirectory(archive.getParent(), "layers-");
            try {
                container.containerize(Containerizer.to(TarImage.at(building).named(image))
                        .setApplicationLayersCache(layers)
                        .setBaseImageLayersCache(layers)
                        .setOfflineMode(true)
                        .setToolName("vpnmesh-lab"));
                return Files.move(building, archive, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(building);
                deleteTree(layers);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InvalidImageReferenceException | CacheDirectoryCreationException | RegistryException | ExecutionException e) {
            throw new LabException("cannot write the image " + image, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while writing the image " + image, e);
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        try (var tree = Files.walk(folder)) {
            for (var path : tree.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
