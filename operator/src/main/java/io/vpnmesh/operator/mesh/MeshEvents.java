// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.crds.Conditions;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshStatus;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Tells people when a mesh begins or stops to be ready, and why. */
@ApplicationScoped
public class MeshEvents {

    private static final Logger LOG = Logger.getLogger(MeshEvents.class);

    private final KubernetesClient client;

    public MeshEvents(KubernetesClient client) {
        this.client = client;
    }

    /** An event if the reason of Ready changed. Losing one is no harm: the condition says the same. */
    void changed(VpnMesh mesh, VpnMeshStatus now) {
        Optional<Condition> before = ready(mesh.getStatus());
        Condition after = ready(now).orElseThrow();
        if (before.isPresent() && Objects.equals(before.get().getReason(), after.getReason())) {
            return;
        }
        String time = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        try {
            client.resource(new EventBuilder()
                            .withNewMetadata()
                            .withGenerateName(mesh.getMetadata().getName() + "-")
                            .withNamespace(mesh.getMetadata().getNamespace())
                            .endMetadata()
                            .withNewInvolvedObject()
                            .withApiVersion(mesh.getApiVersion())
                            .withKind(mesh.getKind())
                            .withName(mesh.getMetadata().getName())
                            .withNamespace(mesh.getMetadata().getNamespace())
                            .withUid(mesh.getMetadata().getUid())
                            .endInvolvedObject()
                            .withType("True".equals(after.getStatus()) ? "Normal" : "Warning")
                            .withReason(after.getReason())
                            .withMessage(after.getMessage())
                            .withFirstTimestamp(time)
                            .withLastTimestamp(time)
                            .withCount(1)
                            .withNewSource()
                            .withComponent(Marks.OPERATOR)
                            .endSource()
                            .build())
                    .create();
        } catch (KubernetesClientException e) {
            LOG.debugf("event=event-failed message=\"%s\"", e.getMessage());
        }
    }

    private static Optional<Condition> ready(@Nullable VpnMeshStatus status) {
        return status == null
                ? Optional.empty()
                : status.conditions().stream()
                        .filter(condition -> Conditions.READY.equals(condition.getType()))
                        .findFirst();
    }
}
