// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The C library files that a Java runtime needs, taken from this machine: the build runs on them, so the image does.
 * HotSpot needs nothing beyond libc, libm, libdl, libpthread and librt; name look-ups load libnss and libresolv.
 */
final class CLibrary {

    private static final Pattern LDD_LINE = Pattern.compile("(?:=>\\s*)?(/\\S+) \\(0x");
    private static final List<String> LOADED_LATER = List.of("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2");

    private CLibrary() {}

    /** Absolute paths as the dynamic loader resolves them; each is copied to the same path in the image. */
    static Set<Path> files(Path runtime) throws IOException {
        Set<Path> files = new LinkedHashSet<>();
        for (String binary : List.of("bin/java", "lib/server/libjvm.so", "lib/libnet.so", "lib/libnio.so")) {
            String listing = Command.run(List.of("ldd", runtime.resolve(binary).toString()), 20, true);
            Matcher line = LDD_LINE.matcher(listing);
            while (line.find()) {
                Path file = Path.of(line.group(1)).normalize();
                if (!file.startsWith(runtime)) {
                    files.add(file);
                }
            }
        }
        for (String name : LOADED_LATER) {
            beside(files, name).ifPresent(files::add);
        }
        return files;
    }

    /** A library by its soname where the dynamic loader looks without being told: in the folder of libc. */
    static Optional<Path> beside(Set<Path> files, String soname) throws IOException {
        Path libc = files.stream()
                .filter(file -> file.getFileName().toString().startsWith("libc.so"))
                .findFirst()
                .orElseThrow(() -> new IOException("this Java runtime links no glibc; build on a glibc distribution"));
        return Optional.of(libc.resolveSibling(soname)).filter(Files::exists);
    }
}
