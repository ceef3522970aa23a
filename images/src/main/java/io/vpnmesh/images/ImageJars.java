// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Jars as an image has them, for the sake of its start.
 *
 * <p>A signed one loses the signature of its maker: HotSpot archives no class of a signed jar, and a signed jar is verified,
 * class by class, at every start; what is in an image is guarded by the image's own digest. It also loses the classes that
 * nothing of ours reaches ({@link ReachedClasses}). Our own have call sites that need not be made at run time
 * ({@link FixedCallSites}).
 */
final class ImageJars {

    private static final String FOLDER = "META-INF/";
    private static final List<String> SIGNATURES = List.of(".SF", ".RSA", ".DSA", ".EC");
    private static final String CLASS = ".class";

    private final ReachedClasses reached;
    private final FixedCallSites callSites;

    private ImageJars(ReachedClasses reached, FixedCallSites callSites) {
        this.reached = reached;
        this.callSites = callSites;
    }

    /** @param jars the whole class path */
    static ImageJars of(Collection<Path> jars) throws IOException {
        return new ImageJars(ReachedClasses.of(jars), FixedCallSites.of(jars));
    }

    /** The same in, the same out. A jar that is neither signed nor our own stays as it is. */
    void copy(Path source, Path target) throws IOException {
        try (ZipFile jar = new ZipFile(source.toFile())) {
            List<? extends ZipEntry> entries = Collections.list(jar.entries());
            if (entries.stream().noneMatch(entry -> isSignature(entry) || isOurs(entry))) {
                FileTree.copyFile(source, target);
                return;
            }
            Files.createDirectories(target.getParent());
            try (ZipOutputStream copy = new ZipOutputStream(Files.newOutputStream(target))) {
                for (ZipEntry entry : entries) {
                    if (!isSignature(entry) && reached.has(entry.getName())) {
                        write(copy, entry.getName(), content(jar, entry));
                    }
                }
            }
        }
    }

    private static boolean isOurs(ZipEntry entry) {
        return entry.getName().startsWith(ReachedClasses.OURS);
    }

    private static boolean isSignature(ZipEntry entry) {
        String name = entry.getName().toUpperCase(Locale.ROOT);
        return name.startsWith(FOLDER)
                && name.indexOf('/', FOLDER.length()) < 0
                && SIGNATURES.stream().anyMatch(name::endsWith);
    }

    private byte[] content(ZipFile jar, ZipEntry entry) throws IOException {
        try (InputStream in = jar.getInputStream(entry)) {
            if (isOurs(entry) && entry.getName().endsWith(CLASS)) {
                return callSites.fix(in.readAllBytes());
            }
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
