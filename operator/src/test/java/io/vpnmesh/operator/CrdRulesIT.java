// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.api.model.apiextensions.v1.ValidationRule;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.operator.lab.ApiServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every CEL rule of the CRDs has a fixture that only it refuses, judged by a real API server. */
@Tag("lab")
class CrdRulesIT {

    private static final Path CRDS = Path.of("../crds");
    private static final Path FIXTURES = Path.of("src/test/resources/crds");
    private static final String NAMESPACE = "default";

    @SuppressWarnings("NullAway.Init")
    private static ApiServer server;

    @SuppressWarnings("NullAway.Init")
    private static KubernetesClient client;

    @BeforeAll
    static void start() throws IOException {
        server = ApiServer.start(ApiServer.tools().orElseThrow());
        client = server.client();
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("bad")
                        .endMetadata()
                        .build())
                .create();
        for (CustomResourceDefinition crd : definitions()) {
            client.resource(crd).create();
        }
        for (CustomResourceDefinition crd : definitions()) {
            client.apiextensions()
                    .v1()
                    .customResourceDefinitions()
                    .withName(crd.getMetadata().getName())
                    .waitUntilCondition(
                            found -> found != null
                                    && found.getStatus() != null
                                    && found.getStatus().getConditions().stream()
                                            .anyMatch(condition -> "Established".equals(condition.getType())
                                                    && "True".equals(condition.getStatus())),
                            20,
                            java.util.concurrent.TimeUnit.SECONDS);
        }
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @ParameterizedTest
    @MethodSource("goodFixtures")
    void goodObjectIsTaken(Path fixture) throws IOException {
        for (HasMetadata object : objects(fixture)) {
            assertThatCode(() -> client.resource(object).inNamespace(NAMESPACE).create())
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void everyRuleRefusesItsFixtureWithItsMessage() throws IOException {
        Collection<String> unmet = new TreeSet<>(messages());

        for (Path fixture : fixtures("bad")) {
            String refusal = refusalOf(fixture);
            List<String> named = messages().stream().filter(refusal::contains).toList();
            assertThat(named).as(fixture.getFileName() + ": " + refusal).hasSize(1);
            unmet.removeAll(named);
        }

        assertThat(unmet)
                .as("rules without a fixture in " + FIXTURES.resolve("bad"))
                .isEmpty();
    }

    /** Applies all documents but the last, which must be refused. */
    private static String refusalOf(Path fixture) throws IOException {
        List<HasMetadata> objects = objects(fixture);
        for (HasMetadata object : objects.subList(0, objects.size() - 1)) {
            client.resource(object).inNamespace("bad").create();
        }
        HasMetadata last = objects.getLast();
        try {
            if (objects.size() == 1) {
                client.resource(last).inNamespace("bad").create();
            } else {
                client.resource(last).inNamespace("bad").update();
            }
        } catch (KubernetesClientException e) {
            if (objects.size() > 1) {
                client.resource(last).inNamespace("bad").delete();
            }
            return String.valueOf(e.getMessage());
        }
        throw new AssertionError(fixture + " was taken");
    }

    static List<Path> goodFixtures() throws IOException {
        return fixtures("good");
    }

    private static List<Path> fixtures(String kind) throws IOException {
        try (Stream<Path> files = Files.list(FIXTURES.resolve(kind))) {
            return files.sorted().toList();
        }
    }

    private static List<HasMetadata> objects(Path fixture) throws IOException {
        return client.load(new ByteArrayInputStream(Files.readAllBytes(fixture)))
                .items();
    }

    private static List<String> messages() throws IOException {
        List<String> messages = new ArrayList<>();
        for (CustomResourceDefinition crd : definitions()) {
            crd.getSpec()
                    .getVersions()
                    .forEach(version -> collect(version.getSchema().getOpenAPIV3Schema(), messages));
        }
        return messages;
    }

    private static void collect(JSONSchemaProps schema, List<String> messages) {
        schema.getXKubernetesValidations().stream()
                .map(ValidationRule::getMessage)
                .filter(Objects::nonNull)
                .forEach(messages::add);
        if (schema.getProperties() != null) {
            schema.getProperties().values().forEach(property -> collect(property, messages));
        }
        if (schema.getItems() != null) {
            collect(schema.getItems().getSchema(), messages);
        }
    }

    private static List<CustomResourceDefinition> definitions() throws IOException {
        List<CustomResourceDefinition> definitions = new ArrayList<>();
        try (var files = Files.newDirectoryStream(CRDS, "*.yaml")) {
            for (Path file : files) {
                definitions.add(
                        io.vpnmesh.operator.lab.Golden.read(Files.readString(file), CustomResourceDefinition.class));
            }
        }
        return definitions;
    }
}
