// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.x509.SuiteName;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Walks over everything that an engine holds: what keys there are, what texts they get into, what is left of them. */
class KeyHygieneTest {

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();
    private final TestNode a = wire.add(mesh, 1, s -> s.withExtensions(IkeExtensions.MESH.withResumption()));
    private final TestNode b = wire.add(
            mesh, 2, s -> s.withExtensions(IkeExtensions.MESH.withCrashSecret(SecretBytes.owning(TestMesh.bytes(9)))));

    private void establish() {
        wire.establish(a, b);
    }

    private static long session(TestNode node) {
        return node.only(IkeEvent.Established.class).session();
    }

    @Test
    void noKeyGetsIntoAText() throws IllegalAccessException {
        establish();
        Set<Object> reached = reach(a.ike, a.events, b.ike, b.events);
        List<SecretBytes> secrets = secretsIn(reached);
        assertThat(secrets).hasSizeGreaterThan(10);

        for (Object object : reached) {
            String text = String.valueOf(object);
            for (SecretBytes secret : secrets) {
                byte[] bytes = secret.expose();
                assertThat(text.toLowerCase(Locale.ROOT))
                        .as(object.getClass().getName())
                        .doesNotContain(HexFormat.of().formatHex(bytes))
                        .doesNotContain(Arrays.toString(bytes));
                assertThat(text).doesNotContain(Base64.getEncoder().encodeToString(bytes));
            }
        }
    }

    @Test
    void everyKeyOfASessionIsZeroAfterItsEnd() throws IllegalAccessException {
        establish();
        List<SecretBytes> secrets = secretsIn(reach(a.ike));
        List<byte[]> bytes = secrets.stream().map(SecretBytes::expose).toList();
        assertThat(bytes).isNotEmpty();

        a.handle(new IkeInput.RekeyIke(session(a)));
        wire.settle();
        a.handle(new IkeInput.Close(session(a), "done"));
        wire.settle();

        assertThat(bytes).allSatisfy(key -> assertThat(key).containsOnly(0));
        assertThat(secretsIn(reach(a.ike))).as("nothing is left open").isEmpty();
    }

    private static List<SecretBytes> secretsIn(Set<Object> objects) {
        return objects.stream()
                .filter(SecretBytes.class::isInstance)
                .map(SecretBytes.class::cast)
                .toList();
    }

    private static Set<Object> reach(Object... roots) throws IllegalAccessException {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Object root : roots) {
            walk(root, seen);
        }
        return seen;
    }

    private static void walk(Object object, Set<Object> seen) throws IllegalAccessException {
        if (object == null) {
            return;
        }
        switch (object) {
            case Map<?, ?> map -> {
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    walk(entry.getKey(), seen);
                    walk(entry.getValue(), seen);
                }
            }
            case Collection<?> items -> {
                for (Object item : items.toArray()) {
                    walk(item, seen);
                }
            }
            case Object[] items -> {
                for (Object item : items) {
                    walk(item, seen);
                }
            }
            default -> {
                if (!object.getClass().getName().startsWith("io.vpnmesh.")
                        || object instanceof TestNode
                        || !seen.add(object)) {
                    return;
                }
                for (Class<?> type = object.getClass();
                        type != null && type.getName().startsWith("io.vpnmesh."); ) {
                    for (Field field : type.getDeclaredFields()) {
                        if (!Modifier.isStatic(field.getModifiers())
                                && !field.getType().isPrimitive()) {
                            field.setAccessible(true);
                            walk(field.get(object), seen);
                        }
                    }
                    type = type.getSuperclass();
                }
            }
        }
    }
}
