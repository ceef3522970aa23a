// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.vectors;

import io.vpnmesh.core.crypto.SecretBytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One block of a file under {@code vectors/}; a file that yields none is an error, so no test passes on nothing. */
public record Vector(Map<String, String> fields) {

    public static List<Vector> of(String file) {
        try (InputStream in = Vector.class.getResourceAsStream("/vectors/" + file)) {
            if (in == null) {
                throw new IllegalArgumentException("no vectors/" + file);
            }
            List<Vector> all = parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            if (all.isEmpty()) {
                throw new IllegalArgumentException("nothing in vectors/" + file);
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Vector> parse(String text) {
        List<Vector> all = new ArrayList<>();
        Map<String, String> block = new LinkedHashMap<>();
        for (String line : (text + "\n").lines().toList()) {
            int equals = line.indexOf(" = ");
            if (equals > 0 && !line.startsWith("#")) {
                if (line.startsWith("name = ") && !block.isEmpty()) {
                    all.add(new Vector(Map.copyOf(block)));
                    block.clear();
                }
                block.put(line.substring(0, equals), line.substring(equals + 3));
            }
        }
        if (!block.isEmpty()) {
            all.add(new Vector(Map.copyOf(block)));
        }
        return all;
    }

    public String text(String key) {
        String value = fields.get(key);
        if (value == null) {
            throw new IllegalArgumentException("no " + key + " in " + this);
        }
        return value;
    }

    public byte[] bytes(String key) {
        return HexFormat.of().parseHex(text(key));
    }

    public SecretBytes secret(String key) {
        return SecretBytes.owning(bytes(key));
    }

    /** An unsigned number of at most 16 hexadecimal digits. */
    public long number(String key) {
        return Long.parseUnsignedLong(text(key), 16);
    }

    @Override
    public String toString() {
        return fields.getOrDefault("name", "?");
    }
}
