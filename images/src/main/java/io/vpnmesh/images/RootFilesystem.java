// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Lays an image's files out in a folder:
 *
 * <pre>
 * /lib…            C library, and libraries of the spec that this machine has
 * /jre             trimmed Java runtime
 * /app/java.args   JVM options, class path, main class
 * /app/lib         jars        /app/native   libraries that would otherwise be unpacked at run time
 * /app/app.jsa     class archive
 * </pre>
 */
final class RootFilesystem {

    private static final String JNA_LIBRARY = "com/sun/jna/linux-x86-64/libjnidispatch.so";

    private final Path root;
    private final ImageSpec spec;

    private RootFilesystem(Path root, ImageSpec spec) {
        this.root = root;
        this.spec = spec;
    }

    static RootFilesystem assemble(ImageSpec spec, Path runtime, Path root) throws IOException {
        FileTree.delete(root);
        RootFilesystem filesystem = new RootFilesystem(root, spec);
        Set<Path> libraries = CLibrary.files(runtime);
        for (Path file : libraries) {
            FileTree.copyFile(file.toRealPath(), filesystem.inside(file));
        }
        filesystem.addNatives(libraries);
        FileTree.copy(runtime, root.resolve("jre"));
        filesystem.addApplication();
        filesystem.addUser();
        FileTree.date(root);
        return filesystem;
    }

    private void addNatives(Set<Path> libraries) throws IOException {
        for (Map.Entry<String, String> wanted : spec.natives().entrySet()) {
            Optional<Path> library = CLibrary.beside(libraries, wanted.getKey());
            if (library.isPresent()) {
                FileTree.copyFile(library.get().toRealPath(), inside(library.get()));
                addLicence(wanted.getValue());
            } else {
                System.out.printf(
                        "image %s goes without %s and is whole, but slower; apt-get install %s and build again%n",
                        spec.name(), wanted.getKey(), wanted.getValue());
            }
        }
        addLicence("libc6");
    }

    /** Who passes a library on passes its terms on. */
    private void addLicence(String debianPackage) throws IOException {
        Path terms = Path.of("/usr/share/doc", debianPackage, "copyright");
        if (Files.exists(terms)) {
            FileTree.copyFile(terms.toRealPath(), inside(terms));
        }
    }

    private void addApplication() throws IOException {
        Path app = root.resolve("app");
        Files.createDirectories(app);
        if (spec.tree() != null) {
            FileTree.copy(spec.tree(), app);
        }
        if (!spec.libraries().isEmpty()) {
            ImageJars.write(spec.libraries(), app.resolve("lib"));
        }
        for (Path library : spec.libraries()) {
            if (library.getFileName().toString().contains("net.java.dev.jna.jna-")) {
                unpackJna(library, app.resolve("native"));
            }
        }
        List<String> arguments = new ArrayList<>(spec.jvmOptions());
        arguments.addAll(spec.launch());
        Files.writeString(app.resolve("java.args"), String.join("\n", arguments) + "\n");
    }

    /** With the library beside the jar, JNA writes nothing to disk: the root file system is read-only at run time. */
    private static void unpackJna(Path jar, Path target) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry entry = zip.getEntry(JNA_LIBRARY);
            if (entry == null) {
                throw new IOException(jar + " lacks " + JNA_LIBRARY);
            }
            Files.createDirectories(target);
            try (var library = zip.getInputStream(entry)) {
                Files.copy(library, target.resolve("libjnidispatch.so"));
            }
        }
    }

    private void addUser() throws IOException {
        Path etc = Files.createDirectories(root.resolve("etc"));
        Files.writeString(
                etc.resolve("passwd"),
                "root:x:0:0:root:/:/none\nvpnmesh:x:" + spec.uid() + ":" + spec.uid() + ":vpnmesh:/:/none\n");
        Files.writeString(etc.resolve("group"), "root:x:0:\nvpnmesh:x:" + spec.uid() + ":\n");
        Files.writeString(etc.resolve("nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n");
        for (String mountPoint : List.of("tmp", "proc", "dev")) {
            Files.createDirectories(root.resolve(mountPoint));
        }
    }

    Path root() {
        return root;
    }

    private Path inside(Path absolute) {
        return root.resolve(absolute.toString().substring(1));
    }
}
