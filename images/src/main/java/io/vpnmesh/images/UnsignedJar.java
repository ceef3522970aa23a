// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A jar without the signature of its maker. HotSpot archives no class of a signed jar, and a signed jar is verified, class
 * by class, at every start; what is in an image is guarded by the image's own digest.
 */
final class UnsignedJar {

    private static final String FOLDER = "META-INF/";
    private static final List<String> SIGNATURES = List.of(".SF", ".RSA", ".DSA", ".EC");

    private UnsignedJar() {}

    /** Copies a jar; a signed one loses its signature files and the digests in its manifest. The same in, the same out. */
    static void copy(Path source, Path target) throws IOException {
        try (ZipFile jar = new ZipFile(source.toFile())) {
            List<? extends ZipEntry> entries = Collections.list(jar.entries());
            if (entries.stream().noneMatch(UnsignedJar::isSignature)) {
                FileTree.copyFile(source, target);
                return;
            }
            Files.createDirectories(target.getParent());
            try (ZipOutputStream unsigned = new ZipOutputStream(Files.newOutputStream(target))) {
                for (ZipEntry entry : entries) {
                    if (!isSignature(entry)) {
                        write(unsigned, entry.getName(), content(jar, entry));
                    }
                }
            }
        }
    }

    private static boolean isSignature(ZipEntry entry) {
        String name = entry.getName().toUpperCase(Locale.ROOT);
        return name.startsWith(FOLDER)
                && name.indexOf('/', FOLDER.length()) < 0
                && SIGNATURES.stream().anyMatch(name::endsWith);
    }

    private static byte[] content(ZipFile jar, ZipEntry entry) throws IOException {
        try (InputStream in = jar.getInputStream(entry)) {
            if (!entry.getName().equals(JarFile.MANIFEST_NAME)) {
                return in.readAllBytes();
            }
            Manifest manifest = new Manifest(in);
            manifest.getEntries().clear();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            manifest.write(out);
            return out.toByteArray();
        }
    }

    private static void write(ZipOutputStream jar, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        entry.setTimeLocal(java.time.LocalDateTime.of(1980, 1, 1, 0, 0));
        jar.putNextEntry(entry);
        jar.write(content);
        jar.closeEntry();
    }
}
