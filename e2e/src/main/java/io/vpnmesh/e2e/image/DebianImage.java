// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.image;

import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// An image of ordinary, unmodified programs: Debian packages with all that they depend on, unpacked, and nothing
/// else. No maintainer script runs, so it suits programs that need none. busybox stands in for whatever small program
/// no package brings.
///
/// @param name     reference such as `vpnmesh.io/lab/web:1`
/// @param packages whose dependencies apt finds
/// @param files    small extra files, absolute path → content
public record DebianImage(String name, List<String> packages, Map<String, String> files) {
    private static final Duration DOWNLOAD_TIME = Duration.ofMinutes(5);
    /// Changes whenever the way of unpacking does: a cached archive of the old way is not used again.
    private static final int RECIPE = 1;

    private static final List<String> MERGED_FOLDERS = List.of("bin", "sbin", "lib", "lib64");
    private static final List<String> LEFT_OUT = List.of("doc", "man", "info", "locale", "lintian", "bug");
    private static final List<String> EMPTY_FOLDERS =
            List.of("tmp", "run", "var/log", "var/tmp", "proc", "sys", "dev", "root", "srv");

    private static final Map<String, String> ACCOUNTS =
            Map.of("/etc/passwd", """
            root:x:0:0:root:/root:/bin/sh
            www-data:x:33:33:www-data:/var/www:/bin/false
            nobody:x:65534:65534:nobody:/:/bin/false
            """, "/etc/group", """
            root:x:0:
            www-data:x:33:
            nogroup:x:65534:
            """, "/etc/nsswitch.conf", """
            passwd: files
            group: files
            hosts: files dns
            """);

    public DebianImage {
        packages = List.copyOf(packages);
        files = Map.copyOf(files);
    }

    /// nginx that serves /var/www/html on port 80, curl, and a shell.
    public static DebianImage web() {
        var files = new TreeMap<>(ACCOUNTS);
        // The package's own script would link its example site here.
        files.put("/etc/nginx/conf.d/default.conf", "server { listen 80; listen [::]:80; root /var/www/html; }\n");
        return new DebianImage("vpnmesh.io/lab/web:1", List.of("nginx-light", "curl", "busybox"), files);
    }

    /// curl, ping, and a shell.
    public static DebianImage client() {
        return new DebianImage("vpnmesh.io/lab/client:1", List.of("curl", "iputils-ping", "busybox"), ACCOUNTS);
    }

    /// The archive below the cache folder; made when it is not there, which takes some ten seconds and Debian's
    /// packages.
    public Path archive(Path cache) {
        var file = name.substring(name.lastIndexOf('/') + 1).replace(':', '-') + "-" + key() + ".tar";
        var archive = cache.resolve("images").resolve(file);
        return Files.exists(archive) ? archive : build(archive);
    }

    /// Package names and not their versions: a newer package is no reason to build again.
    private String key() {
        return "%08x".formatted(List.of(packages, new TreeMap<>(files), RECIPE).hashCode());
    }

    private Path build(Path archive) {
        try {
            var work = Files.createTempDirectory("vpnmesh-image-");
            try {
                var root = work.resolve("root");
                makeRoot(root);
                download(work);
                unpack(work, root);
                addFiles(root);
                addSmallPrograms(root);
                return ImageArchive.write(root, name, List.of(), "0:0", archive);
            } finally {
                ImageArchive.deleteTree(work);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void makeRoot(Path root) throws IOException {
        for (var folder : EMPTY_FOLDERS) {
            Files.createDirectories(root.resolve(folder));
        }
        // Debian's merged /usr, which packages take for granted.
        for (var folder : MERGED_FOLDERS) {
            Files.createDirectories(root.resolve("usr").resolve(folder));
            Files.createSymbolicLink(root.resolve(folder), Path.of("usr", folder));
        }
    }

    private void download(Path work) {
        var closure = closure();
        if (closure.isEmpty()) {
            Command.of("apt-get", "update").timeout(DOWNLOAD_TIME).run();
            closure = closure();
        }
        if (closure.isEmpty()) {
            throw new LabException(
                    "apt does not know all of %s: check its sources, then run apt-get update".formatted(packages));
        }
        // apt's own sandbox user may not write into our folder.
        var start = Stream.of("env", "-C", work.toString(), "apt-get", "-o", "APT::Sandbox::User=root", "download");
        Command.of(Stream.concat(start, closure.stream()).toList())
                .timeout(DOWNLOAD_TIME)
                .orThrow();
    }

    /// What apt would install on a machine that has nothing at all; empty when it cannot.
    private List<String> closure() {
        var start = Stream.of(
                "apt-get", "-o", "Dir::State::status=/dev/null", "--simulate", "--no-install-recommends", "install");
        var result =
                Command.of(Stream.concat(start, packages.stream()).toList()).run();
        return result.isSuccess()
                ? result.out()
                        .lines()
                        .filter(line -> line.startsWith("Inst "))
                        .map(line -> line.split(" ", -1)[1])
                        .toList()
                : List.of();
    }

    private static void unpack(Path work, Path root) throws IOException {
        try (var archives = Files.list(work)) {
            for (var archive : archives.filter(path -> path.toString().endsWith(".deb"))
                    .sorted()
                    .toList()) {
                Command.of(
                                "sh",
                                "-euc",
                                "dpkg-deb --fsys-tarfile \"$1\" | tar -x --keep-directory-symlink -C \"$2\"",
                                "sh",
                                archive.toString(),
                                root.toString())
                        .orThrow();
            }
        }
        for (var folder : LEFT_OUT) {
            ImageArchive.deleteTree(root.resolve("usr/share").resolve(folder));
        }
    }

    private void addFiles(Path root) throws IOException {
        for (var file : files.entrySet()) {
            var path = root.resolve(file.getKey().substring(1));
            Files.createDirectories(path.getParent());
            Files.writeString(path, file.getValue());
        }
    }

    private static void addSmallPrograms(Path root) throws IOException {
        var busybox = root.resolve("usr/bin/busybox");
        if (!Files.exists(busybox)) {
            return;
        }
        for (var program :
                Command.of(busybox.toString(), "--list").orThrow().lines().toList()) {
            var link = root.resolve("usr/bin").resolve(program);
            var other = root.resolve("usr/sbin").resolve(program);
            if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS) && !Files.exists(other, LinkOption.NOFOLLOW_LINKS)) {
                Files.createSymbolicLink(link, Path.of("busybox"));
            }
        }
    }
}
