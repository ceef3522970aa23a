// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.law;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasOwner;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may import whom (ARCHITECTURE.md, "The law"): walk only down, only in your own column. */
class ModuleLawTest {

    private static final Map<String, Path> MODULES = new LinkedHashMap<>();

    /** Package of a module → packages of the product that it may use beside its own. */
    private static final Map<String, List<String>> MAY_USE = Map.ofEntries(
            Map.entry("core", List.of()),
            Map.entry("ipsec", List.of("core")),
            Map.entry("nat", List.of("core")),
            Map.entry("directory", List.of("core")),
            Map.entry("transport", List.of("core")),
            Map.entry("node", List.of("core", "directory", "transport")),
            Map.entry("crds", List.of()),
            Map.entry("relay", List.of("core", "ipsec", "nat", "directory", "transport", "node")),
            Map.entry("sidecar", List.of("core", "ipsec", "nat", "directory", "transport", "node")),
            Map.entry("operator", List.of("core", "directory", "crds")),
            Map.entry("cli", List.of("core", "directory", "crds")),
            Map.entry("testkit", List.of("core")));

    private static final List<String> PURE = List.of("core", "ipsec", "nat", "directory");

    private static JavaClasses classes;

    @BeforeAll
    static void importEveryModule() throws IOException {
        Path root = Repository.root();
        for (String module : MAY_USE.keySet()) {
            for (Path folder :
                    List.of(root.resolve(module), root.resolve("protocol").resolve(module))) {
                Path compiled = folder.resolve("target/classes");
                if (Files.isDirectory(compiled)) {
                    MODULES.put(module, compiled);
                }
            }
        }
        assertThat(MODULES.keySet()).containsExactlyInAnyOrderElementsOf(MAY_USE.keySet());
        classes = new ClassFileImporter().importPaths(MODULES.values());
    }

    @Test
    void modulesUseOnlyTheModulesBelowThem() {
        MAY_USE.forEach((module, allowed) -> {
            List<String> forbidden = new ArrayList<>(MAY_USE.keySet());
            forbidden.remove(module);
            forbidden.removeAll(allowed);
            ArchRule rule = noClasses()
                    .that()
                    .resideInAPackage("io.vpnmesh." + module + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(forbidden.stream()
                            .map(name -> "io.vpnmesh." + name + "..")
                            .toArray(String[]::new));
            rule.check(classes);
        });
    }

    @Test
    void protocolsHaveNoSocketNoThreadNoClockAndNoLogger() {
        for (String module : PURE) {
            noClasses()
                    .that()
                    .resideInAPackage("io.vpnmesh." + module + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "java.nio.channels..",
                            "java.util.concurrent.locks..",
                            "java.util.logging..",
                            "org.slf4j..",
                            "io.netty..")
                    .orShould()
                    .dependOnClassesThat()
                    .areAssignableTo(java.util.concurrent.Executor.class)
                    .orShould()
                    .dependOnClassesThat()
                    .areAssignableTo(java.util.concurrent.Future.class)
                    .orShould()
                    .dependOnClassesThat()
                    .areAssignableTo(java.util.concurrent.BlockingQueue.class)
                    .orShould()
                    .dependOnClassesThat()
                    .areAssignableTo(Thread.class)
                    .orShould()
                    .dependOnClassesThat()
                    .haveFullyQualifiedName("java.lang.System$Logger")
                    .orShould()
                    .callConstructorWhere(JavaCall.Predicates.target(
                            HasOwner.Predicates.With.owner(JavaClass.Predicates.assignableTo(java.net.Socket.class))))
                    .orShould()
                    .dependOnClassesThat()
                    .haveFullyQualifiedName("java.net.DatagramSocket")
                    .orShould()
                    .callMethod(System.class, "nanoTime")
                    .orShould()
                    .callMethod(System.class, "currentTimeMillis")
                    .orShould()
                    .callMethod(java.time.Instant.class, "now")
                    .check(classes);
        }
    }

    @Test
    void oneClassReadsTheMonotonicClock() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.vpnmesh.transport..", "io.vpnmesh.node..", "io.vpnmesh.sidecar..", "io.vpnmesh.relay..")
                .and()
                .doNotHaveFullyQualifiedName("io.vpnmesh.transport.MonotonicClock")
                .should()
                .callMethod(System.class, "nanoTime")
                .check(classes);
    }

    @Test
    void certificatesAndTwoClassesOfCryptoAreTheOnlyDoorsToBouncyCastle() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.vpnmesh.core.x509..")
                .and()
                .doNotHaveFullyQualifiedName("io.vpnmesh.core.crypto.EcdsaEncoding")
                .and()
                .doNotHaveFullyQualifiedName("io.vpnmesh.core.crypto.Curve25519")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bouncycastle..")
                .check(classes);
    }

    @Test
    void theOperatorsModelKnowsNoClient() {
        noClasses()
                .that()
                .resideInAPackage("io.vpnmesh.operator.model..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.fabric8.kubernetes.client..", "io.javaoperatorsdk..", "io.quarkus..")
                .check(classes);
    }

    @Test
    void noSourceFileIsLongerThanFiveHundredLines() throws IOException {
        List<String> tooLong = new ArrayList<>();
        try (Stream<Path> files = Files.walk(Repository.root())) {
            for (Path file : files.filter(path -> path.toString().endsWith(".java")
                            && !path.toString().contains("/target/"))
                    .toList()) {
                try (Stream<String> lines = Files.lines(file)) {
                    long count = lines.count();
                    if (count > 500) {
                        tooLong.add(file + ": " + count);
                    }
                }
            }
        }
        assertThat(tooLong).isEmpty();
    }

    @Test
    void theLawCoversEveryClassOfTheProduct() {
        assertThat(classes.stream().map(JavaClass::getPackageName).filter(name -> !name.startsWith("io.vpnmesh.")))
                .isEmpty();
    }
}
