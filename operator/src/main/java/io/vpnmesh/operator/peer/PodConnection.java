// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.peer;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.crds.Conditions;
import io.vpnmesh.operator.mesh.Applier;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.peer.PeerReports.PodKey;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jboss.logging.Logger;

/** The pod's condition vpnmesh.io/Connected, for those who name it as a readiness gate. */
@ApplicationScoped
public class PodConnection {

    private static final Logger LOG = Logger.getLogger(PodConnection.class);

    private final Applier applier;
    private final MeshCaches caches;

    public PodConnection(Applier applier, MeshCaches caches) {
        this.applier = applier;
        this.caches = caches;
    }

    /** Writes only if the condition says something else. */
    void write(PodKey key, boolean connected) {
        String wanted = connected ? "True" : "False";
        try {
            Pod live = caches.pod(key.namespace(), key.name(), key.uid()).orElse(null);
            if (live == null || says(live, wanted)) {
                return;
            }
            applier.applyStatus(
                    new PodBuilder()
                            .withNewMetadata()
                            .withName(key.name())
                            .withNamespace(key.namespace())
                            .withUid(key.uid())
                            .endMetadata()
                            .withNewStatus()
                            .addNewCondition()
                            .withType(Conditions.POD_CONNECTED)
                            .withStatus(wanted)
                            .withReason(connected ? "Connected" : "NoRelay")
                            .withLastTransitionTime(Instant.now()
                                    .truncatedTo(ChronoUnit.SECONDS)
                                    .toString())
                            .endCondition()
                            .endStatus()
                            .build(),
                    Marks.OPERATOR);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND && e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                LOG.warnf(
                        "event=pod-condition-failed pod=%s/%s message=\"%s\"",
                        key.namespace(), key.name(), e.getMessage());
            }
        }
    }

    private static boolean says(Pod pod, String status) {
        return pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(condition -> Conditions.POD_CONNECTED.equals(condition.getType())
                                && status.equals(condition.getStatus()));
    }
}
