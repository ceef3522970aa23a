// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageJarsTest {

    private static final String MANIFEST = """
            Manifest-Version: 1.0
            Multi-Release: true

            Name: org/x/Used.class
            SHA-256-Digest: AAAA

            """.replace("\n", "\r\n");

    @TempDir
    private Path folder;

    private Path jar(String name, Map<String, byte[]> files) throws IOException {
        Path jar = folder.resolve(name);
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (Map.Entry<String, byte[]> file : files.entrySet()) {
                out.putNextEntry(new ZipEntry(file.getKey()));
                out.write(file.getValue());
                out.closeEntry();
            }
        }
        return jar;
    }

    private static byte[] text(String words) {
        return words.getBytes(StandardCharsets.UTF_8);
    }

    /** A class that names another one. */
    private static byte[] code(String name, String other) {
        return ClassFile.of()
                .build(
                        ClassDesc.of(name),
                        builder -> builder.withMethodBody(
                                "m",
                                MethodTypeDesc.of(ConstantDescs.CD_String),
                                ClassFile.ACC_PUBLIC,
                                body -> body.loadConstant(other).areturn()));
    }

    private Path ours() throws IOException {
        return jar(
                "io.vpnmesh.a-1.jar",
                Map.of(
                        "io/vpnmesh/A.class", code("io.vpnmesh.A", "org.x.Used"),
                        "META-INF/MANIFEST.MF", text(MANIFEST),
                        "META-INF/services/java.Logger", text("io.vpnmesh.A\n")));
    }

    private Path signed() throws IOException {
        return jar(
                "org.x-2.jar",
                Map.of(
                        "META-INF/MANIFEST.MF", text(MANIFEST),
                        "META-INF/BC2048KE.SF", text("digests"),
                        "META-INF/BC2048KE.DSA", text("signature"),
                        "META-INF/LICENSE", text("terms of x"),
                        "META-INF/services/some.RSA", text("org.x.Used\norg.x.Unused\n"),
                        "META-INF/services/other", text("org.x.Unused\n"),
                        "META-INF/versions/9/org/x/Used.class", text("for another Java"),
                        "module-info.class", text("module"),
                        "org/x/Used.class", code("org.x.Used", ""),
                        "org/x/Unused.class", code("org.x.Unused", "")));
    }

    private Path other() throws IOException {
        return jar(
                "org.y-3.jar",
                Map.of(
                        "META-INF/LICENSE", text("terms of y"),
                        "META-INF/maven/org.y/y/pom.properties", text("version=3"),
                        "META-INF/services/some.RSA", text("org.x.Used"),
                        "org/y/words.properties", text("words"),
                        "org/y/linux/library.so", text("native")));
    }

    private SortedMap<String, byte[]> write(Path... jars) throws IOException {
        ImageJars.write(List.of(jars), folder.resolve("out"));
        return Jar.read(folder.resolve("out").resolve(ImageJars.LIBRARIES)).files();
    }

    @Test
    void librariesBecomeOneJarWithoutSignatures() throws IOException {
        SortedMap<String, byte[]> libraries = write(ours(), signed(), other());

        assertThat(libraries.keySet())
                .containsExactly(
                        "META-INF/MANIFEST.MF",
                        "META-INF/maven/org.y/y/pom.properties",
                        "META-INF/org.x-2/LICENSE",
                        "META-INF/org.y-3/LICENSE",
                        "META-INF/services/some.RSA",
                        "org/x/Used.class",
                        "org/y/words.properties");
        assertThat(new String(libraries.get("META-INF/org.y-3/LICENSE"), StandardCharsets.UTF_8))
                .isEqualTo("terms of y");
        try (JarFile jar =
                new JarFile(folder.resolve("out").resolve(ImageJars.LIBRARIES).toFile())) {
            assertThat(jar.getManifest().getEntries()).isEmpty();
            assertThat(jar.isMultiRelease()).isFalse();
        }
    }

    /** A provider that is not there would end every look-up of its service. */
    @Test
    void servicesOfAllJarsAreFoundAndNoProviderIsMissing() throws IOException {
        SortedMap<String, byte[]> libraries = write(ours(), signed(), other());

        assertThat(new String(libraries.get("META-INF/services/some.RSA"), StandardCharsets.UTF_8)
                        .lines()
                        .filter(line -> !line.isEmpty()))
                .containsExactly("org.x.Used", "org.x.Used");
    }

    @Test
    void oursAreAJarOfTheirOwn() throws IOException {
        write(ours(), signed());

        assertThat(Jar.read(folder.resolve("out").resolve(ImageJars.OURS))
                        .files()
                        .keySet())
                .containsExactly("META-INF/MANIFEST.MF", "META-INF/services/java.Logger", "io/vpnmesh/A.class");
    }

    @Test
    void theSameJarsMakeTheSame() throws IOException {
        write(ours(), signed(), other());
        ImageJars.write(List.of(ours(), signed(), other()), folder.resolve("again"));

        for (String name : ImageJars.CLASS_PATH) {
            assertThat(folder.resolve("out").resolve(name))
                    .hasSameBinaryContentAs(folder.resolve("again").resolve(name));
        }
    }

    /** Which one counts would be a matter of the class path's order. */
    @Test
    void twoOfANameAreRefused() throws IOException {
        Path one = jar("one.jar", new TreeMap<>(Map.of("a/b.properties", text("1"))));
        Path two = jar("two.jar", new TreeMap<>(Map.of("a/b.properties", text("2"))));

        assertThatIOException()
                .isThrownBy(() -> write(one, one, two))
                .withMessageContainingAll("two", "a/b.properties");
    }
}
