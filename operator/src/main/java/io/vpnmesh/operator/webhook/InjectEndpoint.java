// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.webhook;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionRequest;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionResponse;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionReview;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.javaoperatorsdk.webhook.admission.AdmissionController;
import io.javaoperatorsdk.webhook.admission.AdmissionUtils;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.inject.Injection;
import io.vpnmesh.operator.inject.SidecarInjector;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.mesh.OperatorFactsSource;
import io.vpnmesh.operator.model.OperatorFacts;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * The admission webhook. Answers on every replica, has no side effects, and asks the API server only for a namespace that
 * no cache has seen yet.
 */
@Path("/webhook/inject")
public class InjectEndpoint {

    private static final Logger LOG = Logger.getLogger(InjectEndpoint.class);

    private final MeshCaches caches;
    private final OperatorFactsSource operatorFacts;
    private final ServerVersion version;
    private final KubernetesSerialization json;
    private final AdmissionController<Pod> controller = new AdmissionController<>(this::answer);

    public InjectEndpoint(
            MeshCaches caches, OperatorFactsSource operatorFacts, ServerVersion version, KubernetesSerialization json) {
        this.caches = caches;
        this.operatorFacts = operatorFacts;
        this.version = version;
        this.json = json;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Produces(MediaType.APPLICATION_JSON)
    public String inject(InputStream body) {
        return json.asJson(controller.handle(json.unmarshal(body, AdmissionReview.class)));
    }

    private AdmissionResponse answer(AdmissionRequest request) {
        if (!(request.getObject() instanceof Pod pod)) {
            return AdmissionUtils.allowedAdmissionResponse();
        }
        Optional<Namespace> namespace = caches.namespace(request.getNamespace());
        Optional<OperatorFacts> operator = operatorFacts.facts();
        if (namespace.isEmpty() || operator.isEmpty()) {
            return refused(
                    HttpURLConnection.HTTP_UNAVAILABLE,
                    "the operator has not finished starting: try again in a moment");
        }
        Injection decision = decide(pod, namespace.get(), caches.meshes(), operator.get());
        if (decision instanceof Injection.Refused) {
            // A mesh made a moment ago may not have reached the cache; refusals are rare enough to ask.
            decision = decide(pod, namespace.get(), caches.freshMeshes(), operator.get());
        }
        return switch (decision) {
            case Injection.Untouched _ -> AdmissionUtils.allowedAdmissionResponse();
            case Injection.Injected injected -> AdmissionUtils.admissionResponseFromMutation(pod, injected.pod());
            case Injection.Refused refused -> {
                LOG.infof(
                        "event=pod-refused namespace=%s pod=%s message=\"%s\"",
                        request.getNamespace(), name(pod), refused.message());
                yield refused(HttpURLConnection.HTTP_FORBIDDEN, refused.message());
            }
        };
    }

    private Injection decide(Pod pod, Namespace namespace, List<VpnMesh> meshes, OperatorFacts operator) {
        return SidecarInjector.decide(pod, new Injection.Surroundings(namespace, meshes, version.minor(), operator));
    }

    private static String name(Pod pod) {
        return pod.getMetadata().getName() != null
                ? pod.getMetadata().getName()
                : pod.getMetadata().getGenerateName() + "*";
    }

    private static AdmissionResponse refused(int code, String message) {
        AdmissionResponse response = new AdmissionResponse();
        response.setAllowed(false);
        response.setStatus(
                new StatusBuilder().withCode(code).withMessage(message).build());
        return response;
    }
}
