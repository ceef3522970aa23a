// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.lab;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** Makes and watches objects for tests; every namespace is fresh, so tests do not see each other. */
public final class LabWorld {

    public static final long PATIENCE_SECONDS = 20;

    private static final AtomicInteger COUNTER = new AtomicInteger();

    private final KubernetesClient client;

    public LabWorld(KubernetesClient client) {
        this.client = client;
    }

    /** The same, with a client that takes the first error for an answer. */
    public LabWorld impatient() {
        Config config = new ConfigBuilder(client.getConfiguration())
                .withRequestRetryBackoffLimit(0)
                .build();
        return new LabWorld(new KubernetesClientBuilder().withConfig(config).build());
    }

    public String namespace(Map<String, String> labels) {
        String name = "lab-" + COUNTER.incrementAndGet();
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withLabels(labels)
                        .endMetadata()
                        .build())
                .create();
        client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withName("default")
                        .withNamespace(name)
                        .endMetadata()
                        .build())
                .create();
        return name;
    }

    public VpnMesh mesh(String namespace, String name, VpnMeshSpec spec) {
        VpnMesh mesh = new VpnMesh();
        mesh.getMetadata().setName(name);
        mesh.getMetadata().setNamespace(namespace);
        mesh.setSpec(spec);
        return client.resource(mesh).create();
    }

    public VpnMeshSpec relays(int replicas) {
        return new VpnMeshSpec(
                null,
                null,
                null,
                null,
                new VpnMeshSpec.Relay(replicas, null, null, null, null, List.of()),
                List.of(),
                null,
                null,
                null);
    }

    public VpnMeshSpec allowedFrom(VpnMeshSpec.From from) {
        return new VpnMeshSpec(
                null, new VpnMeshSpec.AllowedNamespaces(from, null), null, null, null, List.of(), null, null, null);
    }

    /** Waits until the operator has made the keys and said so. */
    public VpnMesh readyKeys(VpnMesh mesh) {
        waitForCondition(mesh, "KeysValid", "True");
        return client.resource(mesh).get();
    }

    /** Makes the reconciler look again. */
    public void touch(VpnMesh mesh) {
        client.resource(mesh).edit(current -> {
            current.setSpec(relays(1));
            return current;
        });
    }

    public Condition waitForCondition(VpnMesh mesh, String type, String status) {
        VpnMesh found = waitFor(
                VpnMesh.class,
                mesh.getMetadata().getNamespace(),
                mesh.getMetadata().getName(),
                one -> one.getStatus() != null
                        && one.getStatus().conditions().stream()
                                .anyMatch(condition ->
                                        type.equals(condition.getType()) && status.equals(condition.getStatus())));
        return condition(found, type);
    }

    public Condition condition(VpnMesh mesh, String type) {
        return mesh.getStatus().conditions().stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no condition " + type));
    }

    public Pod pod(String namespace, String name, Map<String, String> annotations) {
        return client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withNamespace(namespace)
                        .withAnnotations(annotations)
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("app")
                        .withImage("app:1")
                        .addNewPort()
                        .withContainerPort(8080)
                        .endPort()
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
    }

    public <T extends HasMetadata> T waitFor(Class<T> type, String namespace, String name, Predicate<T> condition) {
        return client.resources(type)
                .inNamespace(namespace)
                .withName(name)
                .waitUntilCondition(condition, PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Makes the API server call this address instead of a Service that no node could reach, and waits for the anchor. */
    public void pointWebhookAt(String url) {
        var resource = client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName(LabResource.WEBHOOK);
        resource.edit(current -> {
            current.getWebhooks().forEach(one -> {
                one.getClientConfig().setService(null);
                one.getClientConfig().setUrl(url);
            });
            return current;
        });
        resource.waitUntilCondition(
                found -> found.getWebhooks().stream()
                        .allMatch(one -> one.getClientConfig().getCaBundle() != null),
                PATIENCE_SECONDS,
                TimeUnit.SECONDS);
    }
}
