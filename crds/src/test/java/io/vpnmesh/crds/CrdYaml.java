// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The YAML of the five kinds: Fabric8's schema, and what no annotation of it can say. */
final class CrdYaml {

    private static final String HEADER = "# SPDX-License-Identifier: Apache-2.0\n"
            + "# Generated from io.vpnmesh.crds; after a change: ./mvnw -pl crds test -Dtest=CrdYamlTest -Dupdate\n";

    /** Lists whose elements server-side apply merges by key, by kind and path; conditions merge by type everywhere. */
    private static final Map<String, String> MAP_KEYS = Map.of(
            "VpnMesh.spec.relay.external",
            "name",
            "VpnMesh.status.relays",
            "name",
            "VpnMesh.status.sidecars",
            "image",
            "VpnInvite.status.redemptions",
            "clusterId");

    /** Lists that are sets: each value once. */
    private static final List<String> SETS = List.of(
            "VpnMesh.spec.stunServers",
            "VpnMesh.status.prefixes",
            "VpnPeer.status.addresses",
            "VpnCluster.status.prefixes");

    static final List<Class<? extends HasMetadata>> KINDS =
            List.of(VpnMesh.class, VpnPeer.class, VpnInvite.class, VpnCluster.class, VpnAddressBlock.class);

    private CrdYaml() {}

    /** File name to text, for every kind. */
    static Map<String, String> generate(Path scratch) {
        new CRDGenerator()
                .inOutputDir(scratch.toFile())
                .forCRDVersions("v1")
                .withMinQuotes(true)
                .customResourceClasses(KINDS)
                .withPostProcessor(new CRDPostProcessor() {
                    @Override
                    public HasMetadata process(HasMetadata crd, String version) {
                        return refine((CustomResourceDefinition) crd);
                    }
                })
                .generate();
        Map<String, String> files = new TreeMap<>();
        try (var paths = Files.list(scratch)) {
            for (Path path : paths.toList()) {
                var crd = Serialization.unmarshal(Files.readString(path), CustomResourceDefinition.class);
                files.put(
                        crd.getSpec().getNames().getPlural() + ".yaml",
                        HEADER + Serialization.asYaml(crd).replaceFirst("(?s)^---\n", ""));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    private static CustomResourceDefinition refine(CustomResourceDefinition crd) {
        String kind = crd.getSpec().getNames().getKind();
        // Not "vpnmesh": kubectl resolves categories before names, and "kubectl get vpnmesh" would list every kind.
        crd.getSpec().getNames().setCategories(List.of("vpnmesh-all"));
        for (var version : crd.getSpec().getVersions()) {
            JSONSchemaProps root = version.getSchema().getOpenAPIV3Schema();
            root.setRequired(List.of("spec"));
            refine(kind, root);
            var order = columnOrder(kind);
            version.getAdditionalPrinterColumns().sort(Comparator.comparing(column -> order.indexOf(column.getName())));
        }
        return crd;
    }

    /** The generator sorts columns by path; people read them in the order of the annotations. */
    private static List<String> columnOrder(String kind) {
        return KINDS.stream()
                .filter(type -> type.getSimpleName().equals(kind))
                .flatMap(type -> Stream.of(type.getAnnotationsByType(AdditionalPrinterColumn.class)))
                .map(AdditionalPrinterColumn::name)
                .toList();
    }

    private static void refine(String path, JSONSchemaProps schema) {
        // A record's component hands an annotation to its field and to its accessor: the generator finds it twice.
        schema.setXKubernetesValidations(
                schema.getXKubernetesValidations().stream().distinct().toList());
        if (schema.getAdditionalProperties() != null
                && schema.getAdditionalProperties().getSchema() != null) {
            refine(path + ".*", schema.getAdditionalProperties().getSchema());
        }
        if (schema.getItems() != null) {
            refine(path + "[]", schema.getItems().getSchema());
        }
        if (schema.getProperties() != null) {
            schema.getProperties().forEach((name, property) -> refine(path + "." + name, property));
        }
        if (!"array".equals(schema.getType())) {
            return;
        }
        if (path.endsWith(".status.conditions")) {
            mapBy(schema, "type");
        } else if (MAP_KEYS.containsKey(path)) {
            mapBy(schema, MAP_KEYS.get(path));
        } else if (SETS.contains(path)) {
            schema.setXKubernetesListType("set");
        }
    }

    private static void mapBy(JSONSchemaProps schema, String key) {
        schema.setXKubernetesListType("map");
        schema.setXKubernetesListMapKeys(List.of(key));
        JSONSchemaProps items = schema.getItems().getSchema();
        var required = new TreeSet<>(items.getRequired());
        required.add(key);
        items.setRequired(List.copyOf(required));
    }
}
