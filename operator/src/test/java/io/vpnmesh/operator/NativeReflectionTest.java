// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vpnmesh.crds.VpnAddressBlock;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnPeer;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A type that a native binary lacks fails only there, and only when it is first read: so it is looked for here. */
class NativeReflectionTest {

    private static final List<Class<?>> KINDS =
            List.of(VpnMesh.class, VpnPeer.class, VpnInvite.class, VpnCluster.class, VpnAddressBlock.class);

    @Test
    void everyTypeOfTheCustomResourcesIsRegistered() {
        Set<Class<?>> reachable = new LinkedHashSet<>();
        for (Class<?> kind : KINDS) {
            reach(kind, reachable);
            reach(kind.getGenericSuperclass(), reachable);
        }

        assertThat(names(reachable)).hasSizeGreaterThan(30);
        assertThat(registered()).containsAll(names(reachable));
    }

    @Test
    void everyAnnotatedJsonTypeOfTheOperatorIsRegistered() {
        Set<String> annotated = new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.vpnmesh.operator", "io.vpnmesh.crds", "io.vpnmesh.directory")
                        .stream()
                        .filter(type -> type.isAnnotatedWith(JsonIgnoreProperties.class))
                        .map(JavaClass::getName)
                        .collect(Collectors.toCollection(TreeSet::new));

        assertThat(annotated).isNotEmpty();
        assertThat(registered()).containsAll(annotated);
    }

    private static Set<String> registered() {
        RegisterForReflection registration = NativeReflection.class.getAnnotation(RegisterForReflection.class);
        return names(Arrays.asList(registration.targets()));
    }

    private static Set<String> names(Iterable<Class<?>> types) {
        Set<String> names = new TreeSet<>();
        types.forEach(type -> names.add(type.getName()));
        return names;
    }

    private static void reach(Type type, Set<Class<?>> reachable) {
        switch (type) {
            case ParameterizedType generic -> {
                reach(generic.getRawType(), reachable);
                for (Type argument : generic.getActualTypeArguments()) {
                    reach(argument, reachable);
                }
            }
            case Class<?> found
            when found.getName().startsWith("io.vpnmesh.") && reachable.add(found) -> {
                if (found.isRecord()) {
                    for (RecordComponent component : found.getRecordComponents()) {
                        reach(component.getGenericType(), reachable);
                    }
                }
            }
            default -> {}
        }
    }
}
