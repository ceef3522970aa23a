// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Copies, dates and deletes folders. */
final class FileTree {

    /** Every file of an image carries this time: the class archive checks it against its class path. */
    static final Instant TIME = Instant.EPOCH.plusSeconds(1);

    private FileTree() {}

    static void copy(Path source, Path target) throws IOException {
        for (Path path : list(source)) {
            Path to = target.resolve(source.relativize(path).toString());
            if (Files.isDirectory(path)) {
                Files.createDirectories(to);
            } else {
                copyFile(path, to);
            }
        }
    }

    static void copyFile(Path source, Path target) throws IOException {
        Files.createDirectories(target.getParent());
        Files.copy(source, target, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
    }

    static void date(Path root) throws IOException {
        for (Path path : list(root)) {
            if (!Files.isSymbolicLink(path)) {
                Files.setLastModifiedTime(path, FileTime.from(TIME));
            }
        }
    }

    static void delete(Path root) throws IOException {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        for (Path path : list(root).reversed()) {
            Files.delete(path);
        }
    }

    /** Everything below and including the root, parents before children, in a stable order. */
    static List<Path> list(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            return paths.sorted(Comparator.naturalOrder()).toList();
        }
    }
}
