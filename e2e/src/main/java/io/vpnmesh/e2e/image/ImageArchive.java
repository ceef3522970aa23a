// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.image;

import io.vpnmesh.e2e.run.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/// Writes a folder as an image of one layer, in the Docker archive format that `ctr images import` and `docker load`
/// read.
final class ImageArchive {
    private static final Duration TAR_TIME = Duration.ofMinutes(2);

    private ImageArchive() {}

    /// Writes it whole or not at all: a reader never sees half an archive. The same files give the same bytes.
    ///
    /// @param root       becomes `/`, all of it owned by root
    /// @param image      reference such as `vpnmesh.io/lab/web:1`
    /// @param entrypoint may be empty: a pod names its command itself
    /// @param user       numeric uid:gid
    static Path write(Path root, String image, List<String> entrypoint, String user, Path archive) {
        try {
            Files.createDirectories(archive.getParent());
            var work = Files.createTempDirectory(archive.getParent(), "building-");
            try {
                var layer = work.resolve("layer.tar");
                Command.of(
                                "tar",
                                "-C",
                                root.toString(),
                                "--sort=name",
                                "--mtime=@0",
                                "--owner=0",
                                "--group=0",
                                "--numeric-owner",
                                "-cf",
                                layer.toString(),
                                ".")
                        .timeout(TAR_TIME)
                        .orThrow();
                Files.writeString(work.resolve("config.json"), config(entrypoint, user, sha256(layer)));
                Files.writeString(
                        work.resolve("manifest.json"),
                        "[{\"Config\":\"config.json\",\"RepoTags\":[\"%s\"],\"Layers\":[\"layer.tar\"]}]"
                                .formatted(image));
                Command.of(
                                "tar",
                                "-C",
                                work.toString(),
                                "--mtime=@0",
                                "--owner=0",
                                "--group=0",
                                "--numeric-owner",
                                "-cf",
                                work.resolve("image").toString(),
                                "manifest.json",
                                "config.json",
                                "layer.tar")
                        .timeout(TAR_TIME)
                        .orThrow();
                return Files.move(
                        work.resolve("image"),
                        archive,
                        StandardCopyOption.REPLACE_EXISTING,
                        StandardCopyOption.ATOMIC_MOVE);
            } finally {
                deleteTree(work);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String config(List<String> entrypoint, String user, String layer) {
        var words = entrypoint.stream().map(word -> "\"" + word + "\"").collect(Collectors.joining(","));
        return """
                {"architecture":"%s","os":"linux","config":{"User":"%s","Entrypoint":[%s],\
                "Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},\
                "rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created_by":"vpnmesh lab"}]}
                """.formatted(architecture(), user, words, layer);
    }

    private static String architecture() {
        return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    }

    private static String sha256(Path file) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            try (var in = new DigestInputStream(Files.newInputStream(file), digest)) {
                in.transferTo(java.io.OutputStream.nullOutputStream());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var tree = Files.walk(folder)) {
            for (var path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
