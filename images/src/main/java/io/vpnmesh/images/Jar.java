// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * A jar that was read.
 *
 * @param name of its file, without {@code .jar}
 * @param files by name, no folders
 */
record Jar(String name, SortedMap<String, byte[]> files) {

    static final String CLASS = ".class";

    private static final String SUFFIX = ".jar";
    private static final String META = "META-INF/";

    /** What our own classes begin with. */
    private static final String OURS = "io/vpnmesh/";

    static Jar read(Path file) throws IOException {
        SortedMap<String, byte[]> files = new TreeMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                if (!entry.isDirectory()) {
                    try (InputStream in = zip.getInputStream(entry)) {
                        files.put(entry.getName(), in.readAllBytes());
                    }
                }
            }
        }
        String name = file.getFileName().toString();
        return new Jar(name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name, files);
    }

    boolean isOurs() {
        return !files.tailMap(OURS).isEmpty() && files.tailMap(OURS).firstKey().startsWith(OURS);
    }

    /** Without those of a multi-release jar for some versions of Java: what stands at the top runs everywhere. */
    SortedMap<String, byte[]> classes() {
        return files.entrySet().stream()
                .filter(file -> isClass(file.getKey()))
                .collect(Collectors.toMap(
                        java.util.Map.Entry::getKey, java.util.Map.Entry::getValue, (a, _) -> a, TreeMap::new));
    }

    static boolean isClass(String file) {
        return file.endsWith(CLASS) && !file.startsWith(META) && !file.endsWith("-info.class");
    }

    /** Of all jars. */
    static SortedMap<String, byte[]> classes(List<Jar> jars) {
        SortedMap<String, byte[]> all = new TreeMap<>();
        jars.forEach(jar -> jar.classes().forEach(all::putIfAbsent));
        return all;
    }
}
