// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The image of the pod sandbox: one static program.
public final class PauseImage {
    private PauseImage() {}

    /// The archive, made when it is not there.
    ///
    /// @param program the static pause program
    public static Path at(Path program, String image, Path archive) {
        if (Files.exists(archive)) {
            return archive;
        }
        try {
            var work = Files.createTempDirectory("vpnmesh-image-");
            try {
                // A temporary folder itself is closed to others, and the program does not run as root.
                var root = Files.createDirectory(work.resolve("root"));
                Files.copy(program, root.resolve("pause"));
                return ImageArchive.write(root, image, List.of("/pause"), "65535:65535", archive);
            } finally {
                ImageArchive.deleteTree(work);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
