// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The class path of an image: one jar with all that is ours, and one with all libraries. A look-up of a service opens every
 * jar of the class path and goes through all names in it, and the first line of the log waits for one.
 *
 * <p>No jar keeps the signature of its maker: HotSpot archives no class of a signed jar, and a signed jar is verified, class
 * by class, at every start; what is in an image is guarded by the image's own digest. Of libraries there is what ours reach
 * ({@link ReachedClasses}), and ours have call sites that need not be made at run time ({@link FixedCallSites}).
 */
final class ImageJars {

    static final String OURS = "vpnmesh.jar";
    static final String LIBRARIES = "libraries.jar";

    /** File names, in the order of the class path. */
    static final List<String> CLASS_PATH = List.of(OURS, LIBRARIES);

    private static final String META = "META-INF/";
    private static final String SERVICES = META + "services/";
    private static final String MAVEN = META + "maven/";

    /** For other versions of Java, for other programs than this one, or of a jar that is gone: no place in the image. */
    private static final List<String> IDLE = List.of(
            META + "versions/",
            META + "native-image/",
            META + "INDEX.LIST",
            JarFile.MANIFEST_NAME,
            "module-info.class");

    private static final List<String> SIGNATURES = List.of(".SF", ".RSA", ".DSA", ".EC");

    /** The image has the one that it needs beside the jars, as its root file system is read-only. */
    private static final List<String> NATIVE = List.of(".so", ".dll", ".jnilib", ".a");

    private static final byte[] MANIFEST = "Manifest-Version: 1.0\r\n\r\n".getBytes(StandardCharsets.UTF_8);

    private final ReachedClasses reached;
    private final FixedCallSites callSites;

    private ImageJars(List<Jar> jars) {
        this.reached = ReachedClasses.of(jars);
        this.callSites = FixedCallSites.of(Jar.classes(jars));
    }

    /**
     * The same in, the same out.
     *
     * <p>Errors: IOException that names the file of which two jars have a different one each.
     *
     * @param jars the whole class path, in its order
     * @param folder gets the files of {@link #CLASS_PATH}
     */
    static void write(List<Path> jars, Path folder) throws IOException {
        List<Jar> read = new java.util.ArrayList<>();
        for (Path jar : jars) {
            read.add(Jar.read(jar));
        }
        ImageJars images = new ImageJars(read);
        Map<Boolean, List<Jar>> byOwner = read.stream().collect(Collectors.partitioningBy(Jar::isOurs));
        Files.createDirectories(folder);
        write(folder.resolve(OURS), images.merge(byOwner.getOrDefault(true, List.of())));
        write(folder.resolve(LIBRARIES), images.merge(byOwner.getOrDefault(false, List.of())));
    }

    private SortedMap<String, byte[]> merge(List<Jar> jars) throws IOException {
        SortedMap<String, byte[]> merged = new TreeMap<>();
        for (Jar jar : jars) {
            for (Map.Entry<String, byte[]> file : jar.files().entrySet()) {
                if (hasPlace(jar, file.getKey())) {
                    String place = place(jar, file.getKey());
                    byte[] content = content(jar, file.getKey(), file.getValue());
                    byte[] other = merged.put(place, content);
                    if (other != null && place.startsWith(SERVICES)) {
                        merged.put(place, join(other, content));
                    } else if (other != null && !Arrays.equals(other, content)) {
                        throw new IOException("%s has another %s than a jar before it on the class path"
                                .formatted(jar.name(), place));
                    }
                }
            }
        }
        merged.values().removeIf(content -> content.length == 0);
        merged.put(JarFile.MANIFEST_NAME, MANIFEST);
        return merged;
    }

    private boolean hasPlace(Jar jar, String file) {
        if (isSignature(file)
                || IDLE.stream().anyMatch(file::startsWith)
                || NATIVE.stream().anyMatch(file::endsWith)) {
            return false;
        }
        return jar.isOurs() || !Jar.isClass(file) || reached.has(file);
    }

    private static boolean isSignature(String file) {
        String name = file.toUpperCase(Locale.ROOT);
        return name.startsWith(META)
                && name.indexOf('/', META.length()) < 0
                && SIGNATURES.stream().anyMatch(name::endsWith);
    }

    /** Terms and notices of several jars have the same names: each jar gets a folder for its own. */
    private static String place(Jar jar, String file) {
        boolean isShared = !file.startsWith(META) || file.startsWith(SERVICES) || file.startsWith(MAVEN);
        return isShared ? file : META + jar.name() + "/" + file.substring(META.length());
    }

    private byte[] content(Jar jar, String file, byte[] content) {
        if (jar.isOurs() && Jar.isClass(file)) {
            return callSites.fix(content);
        }
        if (!jar.isOurs() && file.startsWith(SERVICES)) {
            return providers(content);
        }
        return content;
    }

    /** Those that are in the image. */
    private byte[] providers(byte[] lines) {
        return new String(lines, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> reached.has(line.strip().replace('.', '/') + Jar.CLASS))
                .map(line -> line.strip() + "\n")
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] join(byte[] first, byte[] second) {
        ByteArrayOutputStream both = new ByteArrayOutputStream();
        both.writeBytes(first);
        both.write('\n');
        both.writeBytes(second);
        return both.toByteArray();
    }

    private static void write(Path file, SortedMap<String, byte[]> content) throws IOException {
        try (ZipOutputStream jar = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, byte[]> entry : content.entrySet()) {
                ZipEntry place = new ZipEntry(entry.getKey());
                place.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
                jar.putNextEntry(place);
                jar.write(entry.getValue());
                jar.closeEntry();
            }
        }
    }
}
