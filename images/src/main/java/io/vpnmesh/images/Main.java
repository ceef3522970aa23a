// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Writes the archives of all images: {@code Main REPOSITORY OUTPUT TAG}. */
public final class Main {

    private Main() {}

    public static void main(String[] args) {
        if (args.length != 3) {
            System.err.println("usage: images REPOSITORY OUTPUT TAG");
            System.exit(2);
        }
        try {
            build(
                    Path.of(args[0]).toAbsolutePath().normalize(),
                    Path.of(args[1]).toAbsolutePath(),
                    args[2]);
        } catch (IOException e) {
            System.err.println("images: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void build(Path repository, Path output, String tag) throws IOException {
        Path jdk = Path.of(System.getProperty("java.home"));
        Path work = Files.createDirectories(output.resolve("work"));
        // Jib knows a layer by names and times of its files, and ours all have one time: another build's would be
        // taken.
        FileTree.delete(work.resolve("layers"));
        for (ImageSpec spec : Catalogue.all(repository)) {
            long startedNs = System.nanoTime();
            Path runtime = JavaRuntime.link(jdk, work, spec.modules());
            RootFilesystem filesystem = RootFilesystem.assemble(spec, runtime, work.resolve("root-" + spec.name()));
            boolean archived = ClassArchive.make(filesystem, spec);
            ImageWriter writer = new ImageWriter(filesystem, spec, work.resolve("layers"));
            for (ImageFormat format : ImageFormat.values()) {
                Path archive = output.resolve(spec.name() + "-" + format.name().toLowerCase(Locale.ROOT) + ".tar");
                writer.write(format, tag, archive);
            }
            System.out.printf(
                    Locale.ROOT,
                    "image %-17s %4d MiB  class archive %-3s  %5.1f s%n",
                    spec.name(),
                    Files.size(output.resolve(spec.name() + "-oci.tar")) >> 20,
                    archived ? "yes" : "no",
                    (System.nanoTime() - startedNs) / 1e9);
        }
    }
}
