// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;

/** Turns a root file system into image archives: layers by how seldom they change, the same bytes for the same files. */
final class ImageWriter {

    /** Changes more seldom than what is ours. */
    private static final Path LIBRARIES = Path.of("app/lib", ImageJars.LIBRARIES);

    private final RootFilesystem filesystem;
    private final ImageSpec spec;
    private final Path jibCache;

    ImageWriter(RootFilesystem filesystem, ImageSpec spec, Path jibCache) {
        this.filesystem = filesystem;
        this.spec = spec;
        this.jibCache = jibCache;
    }

    void write(ImageFormat format, String tag, Path archive) throws IOException {
        try {
            Files.createDirectories(archive.getParent());
            JibContainerBuilder image = Jib.fromScratch()
                    .setFormat(format)
                    .setCreationTime(Instant.EPOCH)
                    .setUser(spec.uid() + ":" + spec.uid())
                    .setWorkingDirectory(AbsoluteUnixPath.get("/"))
                    .setEntrypoint("/jre/bin/java", "@/app/java.args")
                    .addFileEntriesLayer(layer("runtime", path -> !path.startsWith("app")))
                    .addFileEntriesLayer(layer("libraries", LIBRARIES::equals))
                    .addFileEntriesLayer(
                            layer("application", path -> path.startsWith("app") && !path.equals(LIBRARIES)));
            image.containerize(
                    Containerizer.to(TarImage.at(archive).named(ImageReference.parse(spec.name() + ":" + tag)))
                            .setBaseImageLayersCache(jibCache)
                            .setApplicationLayersCache(jibCache)
                            .setOfflineMode(true));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while writing " + archive, e);
        } catch (InvalidImageReferenceException
                | ExecutionException
                | com.google.cloud.tools.jib.api.RegistryException
                | com.google.cloud.tools.jib.api.CacheDirectoryCreationException e) {
            throw new IOException("could not write " + archive, e);
        }
    }

    private FileEntriesLayer layer(String name, Predicate<Path> select) throws IOException {
        FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
        List<Path> files = FileTree.list(filesystem.root());
        for (Path file : files) {
            Path relative = filesystem.root().relativize(file);
            if (relative.toString().isEmpty() || !select.test(relative)) {
                continue;
            }
            boolean runnable = Files.isDirectory(file) || Files.isExecutable(file);
            String mode = relative.toString().equals("tmp") ? "777" : runnable ? "755" : "644";
            layer.addEntry(
                    file, AbsoluteUnixPath.get("/" + relative), FilePermissions.fromOctalString(mode), FileTree.TIME);
        }
        return layer.build();
    }
}
