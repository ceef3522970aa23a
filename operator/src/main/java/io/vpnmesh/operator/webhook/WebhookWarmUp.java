// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.webhook;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionReview;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.webhook.admission.AdmissionUtils;
import io.quarkus.runtime.StartupEvent;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.operator.inject.Injection;
import io.vpnmesh.operator.inject.SidecarInjector;
import io.vpnmesh.operator.model.OperatorFacts;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;

/**
 * Decides about a made-up pod while the operator starts: a fresh JVM needs a second for its first admission, and the API
 * server waits five at most.
 */
@ApplicationScoped
public class WebhookWarmUp {

    private static final String REVIEW = """
            {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"0","namespace":"warm",
            "operation":"CREATE","object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"up",
            "annotations":{"vpnmesh.io/mesh":"warm"}},"spec":{"containers":[{"name":"app","image":"app"}]}}}}
            """;

    private final KubernetesSerialization json;

    public WebhookWarmUp(KubernetesSerialization json) {
        this.json = json;
    }

    void start(@Observes StartupEvent event) {
        AdmissionReview review = json.unmarshal(REVIEW, AdmissionReview.class);
        VpnMesh mesh = new VpnMesh();
        mesh.getMetadata().setName("warm");
        mesh.getMetadata().setNamespace("warm");
        mesh.setSpec(VpnMeshSpec.empty());
        var namespace = new NamespaceBuilder()
                .withNewMetadata()
                .withName("warm")
                .endMetadata()
                .build();
        var operator = new OperatorFacts("https://127.0.0.1:443", "warm", "", "warm:1", "warm:1", "IfNotPresent");
        if (review.getRequest().getObject() instanceof Pod pod
                && SidecarInjector.decide(
                                pod, new Injection.Surroundings(namespace, List.of(mesh), Integer.MAX_VALUE, operator))
                        instanceof Injection.Injected injected) {
            review.setResponse(AdmissionUtils.admissionResponseFromMutation(pod, injected.pod()));
            json.asJson(review);
        }
    }
}
