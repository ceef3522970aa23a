// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Which classes of BouncyCastle the product can come to: of 7,500 a quarter. A look-up of a service opens every jar of the
 * class path and goes through all its names, and the first line of the log waits for one.
 *
 * <p>A class counts as reached when any text of a reached class names it: as a type, in a signature, or in words, for a
 * look-up by name.
 */
final class ReachedClasses {

    /** What our own classes begin with, as entries of a jar. */
    static final String OURS = "io/vpnmesh/";

    private static final String LIBRARY = "org/bouncycastle/";
    private static final Pattern NAME = Pattern.compile("org[/.]bouncycastle[/.][\\w$/.]+");
    private static final String CLASS = ".class";

    /** A multi-release jar's other versions of the same classes; what stands at the top runs everywhere. */
    private static final String VERSIONS = "META-INF/versions/";

    private final Set<String> reached = new HashSet<>();

    private ReachedClasses() {}

    /** @param jars the whole class path */
    static ReachedClasses of(Collection<Path> jars) throws IOException {
        Map<String, byte[]> library = new HashMap<>();
        ReachedClasses classes = new ReachedClasses();
        Deque<String> todo = new ArrayDeque<>();
        for (Path jar : jars) {
            try (ZipFile zip = new ZipFile(jar.toFile())) {
                for (ZipEntry entry : Collections.list(zip.entries())) {
                    String name = entry.getName();
                    if (!name.endsWith(CLASS) || name.startsWith(VERSIONS)) {
                        continue;
                    }
                    if (name.startsWith(LIBRARY)) {
                        library.put(name, content(zip, entry));
                    } else if (name.startsWith(OURS)) {
                        todo.addAll(named(content(zip, entry)));
                    }
                }
            }
        }
        while (!todo.isEmpty()) {
            String name = todo.remove();
            byte[] code = library.get(name);
            if (code != null && classes.reached.add(name)) {
                todo.addAll(named(code));
            }
        }
        return classes;
    }

    /** Whether this entry of a jar has a place in the image. */
    boolean has(String entry) {
        if (entry.startsWith(LIBRARY)) {
            return entry.endsWith(CLASS) ? reached.contains(entry) : !entry.endsWith("/");
        }
        return !entry.startsWith(VERSIONS);
    }

    int count() {
        return reached.size();
    }

    private static byte[] content(ZipFile zip, ZipEntry entry) throws IOException {
        try (InputStream in = zip.getInputStream(entry)) {
            return in.readAllBytes();
        }
    }

    private static Set<String> named(byte[] code) {
        Set<String> names = new HashSet<>();
        for (PoolEntry entry : ClassFile.of().parse(code).constantPool()) {
            if (entry instanceof Utf8Entry text && text.stringValue().contains("bouncycastle")) {
                Matcher matcher = NAME.matcher(text.stringValue());
                while (matcher.find()) {
                    names.add(matcher.group().replace('.', '/') + CLASS);
                }
            }
        }
        return names;
    }
}
