// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What is desired and what is decided about a pod are pure functions: no API server, no clock, no container. */
class ModelPurityTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.vpnmesh.operator");

    @Test
    void modelAndInjectionKnowNoClient() {
        noClasses()
                .that()
                .resideInAnyPackage("io.vpnmesh.operator.model", "io.vpnmesh.operator.inject")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.fabric8.kubernetes.client.dsl..",
                        "io.fabric8.kubernetes.client.informers..",
                        "io.javaoperatorsdk..",
                        "io.quarkus..",
                        "jakarta..")
                .check(CLASSES);
    }

    @Test
    void modelAndInjectionDoNotReadTheClock() {
        noClasses()
                .that()
                .resideInAnyPackage("io.vpnmesh.operator.model", "io.vpnmesh.operator.inject")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .check(CLASSES);
    }
}
