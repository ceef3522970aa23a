// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/**
 * Committed examples, one file per kind. After a change of format that was meant, {@code -Dtest.jvmArgs=-Dvpnmesh.vectors=write}
 * writes them anew.
 */
public final class Vectors {

    private static final int LINE_CHARACTERS = 96;

    private Vectors() {}

    /** What we encode is, byte for byte, what the file holds. */
    public static void same(String name, byte[] bytes) {
        String hex = HexFormat.of().formatHex(bytes).replaceAll("(.{" + LINE_CHARACTERS + "})", "$1\n");
        same(name + ".hex", hex.strip() + "\n");
    }

    public static void same(String name, String text) {
        if ("write".equals(System.getProperty("vpnmesh.vectors"))) {
            write(name, text);
        }
        assertThat(read(name)).as("vectors/" + name).isEqualTo(text);
    }

    public static byte[] bytes(String name) {
        return HexFormat.of().parseHex(read(name + ".hex").replaceAll("\\s", ""));
    }

    public static String read(String name) {
        Path source = Path.of("src/test/resources/vectors", name);
        try {
            if (Files.exists(source)) {
                return Files.readString(source);
            }
            try (InputStream stream = Vectors.class.getResourceAsStream("/vectors/" + name)) {
                assertThat(stream).as("vectors/" + name).isNotNull();
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(String name, String text) {
        try {
            Path file = Path.of("src/test/resources/vectors", name);
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
