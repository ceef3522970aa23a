// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;

/** Everything of ours that an object holds, however deep. */
final class ObjectGraph {

    private ObjectGraph() {}

    static Set<Object> reach(Object... roots) throws IllegalAccessException {
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
