// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.vpnmesh.crds.Conditions;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnClusterStatus;
import io.vpnmesh.operator.join.ClusterNames;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.status.ConditionSet;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Keeps one VpnCluster object per known cluster. A deleted one is made again: deletion is not revocation. */
@ApplicationScoped
class ClusterObjects {

    /** The time of the last frame is for people: not worth a write a minute. */
    private static final Duration SEEN_EVERY = Duration.ofMinutes(10);

    private final KubernetesClient client;
    private final InstantSource clock = InstantSource.system();

    ClusterObjects(KubernetesClient client) {
        this.client = client;
    }

    /**
     * @param ownName of this cluster, for people
     */
    void show(MeshRef mesh, String ownName, List<LeaderWork.ClusterView> views) {
        Map<String, VpnCluster> stored =
                client.resources(VpnCluster.class).inNamespace(mesh.namespace()).list().getItems().stream()
                        .filter(cluster -> mesh.name().equals(cluster.getSpec().mesh()))
                        .collect(Collectors.toMap(
                                cluster -> cluster.getSpec().clusterId(), Function.identity(), (one, _) -> one));
        for (LeaderWork.ClusterView view : views) {
            VpnCluster object = stored.get(view.cluster().toString());
            if (object == null) {
                object = client.resource(ClusterNames.object(mesh, view.cluster(), view.local() ? ownName : null, null))
                        .create();
            }
            VpnClusterStatus before = object.getStatus() == null ? VpnClusterStatus.empty() : object.getStatus();
            VpnClusterStatus after = status(object, before, view);
            if (!after.equals(before)) {
                VpnCluster patch = new VpnCluster();
                patch.getMetadata().setName(object.getMetadata().getName());
                patch.getMetadata().setNamespace(object.getMetadata().getNamespace());
                patch.setSpec(null);
                patch.setStatus(after);
                client.resource(patch).subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE), patch);
            }
        }
    }

    private VpnClusterStatus status(VpnCluster object, VpnClusterStatus before, LeaderWork.ClusterView view) {
        Long generation = object.getMetadata().getGeneration();
        return new VpnClusterStatus(
                generation,
                view.local(),
                view.founder(),
                view.prefixes(),
                view.trustAnchorPem(),
                view.connected(),
                view.peers(),
                seen(before.lastSeen(), view),
                conditions(object, before.conditions(), view, generation == null ? 1 : generation));
    }

    private List<Condition> conditions(
            VpnCluster object, List<Condition> before, LeaderWork.ClusterView view, long generation) {
        ConditionSet set = new ConditionSet(before, generation, clock.instant());
        if (Boolean.TRUE.equals(object.getSpec().revoked())) {
            return set.set(Conditions.READY, false, "Revoked", "everything of this cluster is refused, for good")
                    .toList();
        }
        return view.connected()
                ? set.set(Conditions.READY, true, "Connected", "its frames arrive")
                        .toList()
                : set.set(
                                Conditions.READY,
                                false,
                                "NotConnected",
                                view.local()
                                        ? "no relay is connected, see the VpnMesh's condition DirectoryConnected"
                                        : "no frame of it has arrived since this operator started; what is known of it"
                                                + " stays in force: is its operator running, and does it reach a relay?")
                        .toList();
    }

    private static @Nullable String seen(@Nullable String before, LeaderWork.ClusterView view) {
        if (view.seenAt().isEmpty()) {
            return before;
        }
        Instant seen = view.seenAt().get().truncatedTo(ChronoUnit.MINUTES);
        return before == null || seen.isAfter(Instant.parse(before).plus(SEEN_EVERY)) ? seen.toString() : before;
    }
}
