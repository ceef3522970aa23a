// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which classes of the libraries the product can come to: of BouncyCastle's 7,500 a quarter. What is not there need not be
 * gone through when the class path is opened, nor be looked after.
 *
 * <p>A class counts as reached when any text of a reached class names it: as a type, in a signature, or in words, for a
 * look-up by name.
 */
final class ReachedClasses {

    /** Named by its native part too, so it is reached as a whole. */
    private static final String JNA = "com/sun/jna/";

    private final Set<String> reached = new HashSet<>();

    private ReachedClasses() {}

    /** @param jars the whole class path: reached is what ours come to */
    static ReachedClasses of(List<Jar> jars) {
        SortedMap<String, byte[]> library =
                Jar.classes(jars.stream().filter(jar -> !jar.isOurs()).toList());
        Pattern names = names(library.keySet());
        Deque<String> todo = new ArrayDeque<>();
        library.keySet().stream().filter(name -> name.startsWith(JNA)).forEach(todo::add);
        for (byte[] code :
                Jar.classes(jars.stream().filter(Jar::isOurs).toList()).values()) {
            todo.addAll(named(code, names));
        }
        ReachedClasses classes = new ReachedClasses();
        while (!todo.isEmpty()) {
            String name = todo.remove();
            byte[] code = library.get(name);
            if (code != null && classes.reached.add(name)) {
                todo.addAll(named(code, names));
            }
        }
        return classes;
    }

    /** @param file such as {@code a/B.class} */
    boolean has(String file) {
        return reached.contains(file);
    }

    /** Finds names of classes below the same packages, two deep, in any text. */
    private static Pattern names(Set<String> classes) {
        String packages = classes.stream()
                .map(name -> name.split("/", 3))
                .filter(parts -> parts.length == 3)
                .map(parts -> parts[0] + "[/.]" + parts[1])
                .distinct()
                .collect(Collectors.joining("|"));
        return Pattern.compile("(?:" + packages + ")[/.][\\w$/.]+");
    }

    private static Set<String> named(byte[] code, Pattern pattern) {
        Set<String> names = new HashSet<>();
        for (PoolEntry entry : ClassFile.of().parse(code).constantPool()) {
            if (entry instanceof Utf8Entry text) {
                Matcher matcher = pattern.matcher(text.stringValue());
                while (matcher.find()) {
                    names.add(matcher.group().replace('.', '/') + Jar.CLASS);
                }
            }
        }
        return names;
    }
}
