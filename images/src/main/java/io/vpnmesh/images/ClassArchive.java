// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;

/**
 * The ahead-of-time class archive of an image (AppCDS): classes parsed, laid out and linked, with the places that lambdas
 * are made at, mapped at start. It is made with the image's own runtime under the image's own paths, because HotSpot refuses
 * it for any other.
 *
 * <p>What goes in is a committed, sorted list. A cache of one {@code -XX:AOTCacheOutput} differs in thousands of bytes
 * from one build to the next; an archive of a sorted list is the same bit for bit, once the times of its making are out of it
 * ({@link TimelessArchive}). Names that are no longer there are skipped, and classes that are not in the list are loaded as ever.
 */
final class ClassArchive {

    private static final long DUMP_SECONDS = 120;

    private ClassArchive() {}

    /** True when an archive was made. Needs root for chroot; without it the image starts slower and is otherwise whole. */
    static boolean make(RootFilesystem filesystem, ImageSpec spec) throws IOException {
        Path classes = spec.classes();
        if (classes == null || !"root".equals(System.getProperty("user.name"))) {
            return false;
        }
        Path root = filesystem.root();
        Path list = Files.copy(classes, root.resolve("app/classes.lst"));
        Path archive = root.resolve("app/app.jsa");
        Path again = root.resolve("app/again.jsa");
        long beganMs = TimelessArchive.nowMs();
        if (!dump(root, archive)) {
            // Places in classes, which another compilation may have put elsewhere.
            System.out.printf(
                    "image %s: its list of classes is of older classes; run 'make class-lists'%n", spec.name());
            List<String> lines = Files.readAllLines(classes);
            Files.write(
                    list,
                    lines.stream().filter(line -> !line.startsWith("@cp ")).toList());
            if (!dump(root, archive)) {
                throw new IOException("no class archive for " + spec.name() + ": what its Java said stands above");
            }
        }
        if (!dump(root, again)) {
            throw new IOException("no second class archive for " + spec.name() + ": what its Java said stands above");
        }
        TimelessArchive.make(archive, again, beganMs);
        Files.delete(again);
        Files.delete(list);
        check(root, spec);
        Path arguments = root.resolve("app/java.args");
        Files.writeString(arguments, "-XX:SharedArchiveFile=/app/app.jsa\n" + Files.readString(arguments));
        Files.setLastModifiedTime(arguments, FileTime.from(FileTree.TIME));
        Files.setLastModifiedTime(archive, FileTime.from(FileTree.TIME));
        return true;
    }

    private static boolean dump(Path root, Path archive) throws IOException {
        List<String> dump = new ArrayList<>(java(root, "-Xshare:dump"));
        dump.addAll(List.of(
                "-XX:+AOTClassLinking",
                "-XX:SharedClassListFile=/app/classes.lst",
                "-XX:SharedArchiveFile=/app/" + archive.getFileName()));
        dump.add("@/app/java.args");
        String log = Command.run(dump, DUMP_SECONDS, false);
        boolean made = Files.exists(archive);
        if (!made) {
            System.out.println(log);
        }
        return made;
    }

    /**
     * That the JVM takes it, under the options and the class path of the image: else it would only be slow, and say nothing.
     *
     * <p>Errors: IOException with what the JVM says.
     */
    private static void check(Path root, ImageSpec spec) throws IOException {
        List<String> start = new ArrayList<>(java(root, "-Xshare:on"));
        start.add("-XX:SharedArchiveFile=/app/app.jsa");
        start.addAll(spec.jvmOptions());
        start.addAll(spec.launch().subList(0, spec.launch().size() - 1)); // without the main class
        start.add("-version");
        Command.run(start, DUMP_SECONDS, true);
    }

    /** The image's Java in the image's root, with /proc and /dev as a container has them, in a mount namespace of its own. */
    private static List<String> java(Path root, String option) {
        String script =
                "mount --bind /proc \"$0/proc\" && mount --bind /dev \"$0/dev\" && exec chroot \"$0\" /jre/bin/java \"$@\"";
        return List.of("unshare", "--mount", "sh", "-c", script, root.toString(), option);
    }
}
