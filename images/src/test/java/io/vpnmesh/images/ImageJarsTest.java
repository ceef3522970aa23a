// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageJarsTest {

    private static final String MANIFEST = """
            Manifest-Version: 1.0
            Multi-Release: true

            Name: a/B.class
            SHA-256-Digest: AAAA

            """.replace("\n", "\r\n");

    @TempDir
    private Path folder;

    private Path jar(Map<String, String> files) throws IOException {
        Path jar = folder.resolve("in.jar");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                out.putNextEntry(new ZipEntry(file.getKey()));
                out.write(file.getValue().getBytes(StandardCharsets.UTF_8));
                out.closeEntry();
            }
        }
        return jar;
    }

    @Test
    void whatIsSignedLosesItsSignatureAndNothingElse() throws IOException {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("META-INF/MANIFEST.MF", MANIFEST);
        files.put("META-INF/BC2048KE.SF", "digests");
        files.put("META-INF/BC2048KE.DSA", "signature");
        files.put("META-INF/services/some.RSA", "a file that only looks like one");
        files.put("a/B.class", "code");
        Path in = jar(files);

        ImageJars.of(List.of(in)).copy(in, folder.resolve("out/x.jar"));
        ImageJars.of(List.of(in)).copy(in, folder.resolve("again/x.jar"));

        try (JarFile jar = new JarFile(folder.resolve("out/x.jar").toFile())) {
            assertThat(jar.stream().map(ZipEntry::getName))
                    .containsExactly("META-INF/MANIFEST.MF", "META-INF/services/some.RSA", "a/B.class");
            assertThat(jar.getManifest().getEntries()).isEmpty();
            assertThat(jar.isMultiRelease()).isTrue();
            assertThat(jar.getInputStream(jar.getEntry("a/B.class"))).hasContent("code");
        }
        assertThat(folder.resolve("out/x.jar")).hasSameBinaryContentAs(folder.resolve("again/x.jar"));
    }

    @Test
    void whatNobodyReachesIsLeftOut() throws IOException {
        Map<String, String> files = new LinkedHashMap<>();
        files.put("META-INF/MANIFEST.MF", MANIFEST);
        files.put("META-INF/BC2048KE.SF", "digests");
        files.put("a/B.class", "code");
        files.put("org/bouncycastle/C.class", "code that nobody reaches");
        Path in = jar(files);

        ImageJars.of(List.of(in)).copy(in, folder.resolve("out/x.jar"));

        try (JarFile jar = new JarFile(folder.resolve("out/x.jar").toFile())) {
            assertThat(jar.stream().map(ZipEntry::getName)).containsExactly("META-INF/MANIFEST.MF", "a/B.class");
        }
    }

    @Test
    void whatIsNotSignedStaysAsItIs() throws IOException {
        Path in = jar(Map.of("META-INF/MANIFEST.MF", MANIFEST));

        ImageJars.of(List.of(in)).copy(in, folder.resolve("out/x.jar"));

        assertThat(folder.resolve("out/x.jar")).hasSameBinaryContentAs(in);
    }
}
