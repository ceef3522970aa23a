// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The product's images. User ids are unusual on purpose, so that no application in the pod shares them. */
final class Catalogue {

    static final int SIDECAR_UID = 29173;
    static final int RELAY_UID = 29174;
    static final int OPERATOR_UID = 29175;

    private static final List<String> NODE_MODULES =
            List.of("java.base", "java.logging", "java.naming", "java.management", "jdk.unsupported", "jdk.httpserver");

    private static final List<String> OPERATOR_MODULES = List.of(
            "java.base",
            "java.compiler",
            "java.datatransfer",
            "java.desktop",
            "java.instrument",
            "java.logging",
            "java.management",
            "java.naming",
            "java.net.http",
            "java.prefs",
            "java.rmi",
            "java.security.jgss",
            "java.security.sasl",
            "java.sql",
            "java.transaction.xa",
            "java.xml",
            "jdk.jfr",
            "jdk.management",
            "jdk.net",
            "jdk.unsupported",
            "jdk.zipfs");

    /** Seals packets twice as fast as the JDK; the relay seals none. */
    private static final Map<String, String> SIDECAR_NATIVES = Map.of("libIPSec_MB.so.1", "libipsec-mb1");

    private Catalogue() {}

    static List<ImageSpec> all(Path repository) throws IOException {
        return List.of(
                node(repository, "sidecar", SIDECAR_UID, "24m", SIDECAR_NATIVES),
                node(repository, "relay", RELAY_UID, "192m", Map.of()),
                operator(repository));
    }

    private static ImageSpec node(Path repository, String module, int uid, String heap, Map<String, String> natives)
            throws IOException {
        List<Path> libraries = new ArrayList<>();
        Path target = repository.resolve(module).resolve("target");
        libraries.add(onlyJar(target, "vpnmesh-" + module + "-"));
        try (Stream<Path> files = Files.list(target.resolve("lib"))) {
            files.filter(file -> file.toString().endsWith(".jar")).sorted().forEach(libraries::add);
        }
        List<String> options = new ArrayList<>(NodeOptions.list(module));
        options.add("-Xmx" + heap);
        String classPath =
                ImageJars.CLASS_PATH.stream().map(jar -> "/app/lib/" + jar).collect(Collectors.joining(":"));
        String main = "io.vpnmesh." + module + ".Main";
        return new ImageSpec(
                "vpnmesh-" + module,
                uid,
                libraries,
                null,
                natives,
                List.of("-cp", classPath, main),
                NODE_MODULES,
                options,
                repository.resolve("images/src/main/classes/" + module + ".lst"));
    }

    private static ImageSpec operator(Path repository) {
        return new ImageSpec(
                "vpnmesh-operator",
                OPERATOR_UID,
                List.of(),
                repository.resolve("operator/target/quarkus-app"),
                Map.of(),
                List.of("-jar", "/app/quarkus-run.jar"),
                OPERATOR_MODULES,
                List.of(
                        "-XX:+UseSerialGC",
                        "-Xmx192m",
                        "-XX:+UseCompactObjectHeaders",
                        "-XX:-UsePerfData",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager"),
                null);
    }

    private static Path onlyJar(Path target, String prefix) throws IOException {
        if (!Files.isDirectory(target)) {
            throw new IOException(target + " is missing: run 'make build' first");
        }
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix)
                            && file.toString().toLowerCase(Locale.ROOT).endsWith(".jar")
                            && !file.toString().contains("-tests"))
                    .findFirst()
                    .orElseThrow(
                            () -> new IOException(target + " holds no " + prefix + "*.jar: run 'make build' first"));
        }
    }
}
