// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.image;

import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import java.nio.file.Files;
import java.nio.file.Path;

/// The image of the pod sandbox: one static program.
public final class PauseImage {
    private PauseImage() {}

    /// @param program the static pause program
    /// @param archive made when it is not there
    public static Path at(Path program, String image, Path archive) {
        if (Files.exists(archive)) {
            return archive;
        }
        var layer = FileEntriesLayer.builder()
                .addEntry(program, AbsoluteUnixPath.get("/pause"), FilePermissions.fromOctalString("755"))
                .build();
        // Jib.fromScratch() has nobody as user unless told: the sandbox needs no rights at all.
        var container = Jib.fromScratch().addFileEntriesLayer(layer).setEntrypoint("/pause").setUser("65535:65535");
        return ImageArchive.write(container, image, archive);
    }
}
