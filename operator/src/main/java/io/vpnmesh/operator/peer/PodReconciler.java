// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.peer;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.informer.Informer;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.operator.mesh.Applier;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.mesh.Membership;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.model.PeerModel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A VpnPeer for each injected pod, as long as the pod may still run. */
@ControllerConfiguration(
        name = "vpnmesh-pod",
        informer = @Informer(labelSelector = Marks.INJECTED + "=true"),
        generationAwareEventProcessing = false)
public class PodReconciler implements Reconciler<Pod> {

    private final KubernetesClient client;
    private final MeshCaches caches;
    private final Applier applier;

    public PodReconciler(KubernetesClient client, MeshCaches caches, Applier applier) {
        this.client = client;
        this.caches = caches;
        this.applier = applier;
    }

    @Override
    public List<EventSource<?, Pod>> prepareEventSources(EventSourceContext<Pod> context) {
        return List.of(new InformerEventSource<>(
                InformerEventSourceConfiguration.from(VpnPeer.class, Pod.class)
                        .withOnAddFilter(_ -> false)
                        .withOnUpdateFilter((_, _) -> false)
                        .withSecondaryToPrimaryMapper(peer -> Set.of(new ResourceID(
                                peer.getSpec().podName(), peer.getMetadata().getNamespace())))
                        .build(),
                context));
    }

    @Override
    public UpdateControl<Pod> reconcile(Pod pod, Context<Pod> context) {
        Optional<VpnPeer> peer = context.getSecondaryResource(VpnPeer.class);
        boolean stale = peer.isPresent()
                && !peer.get().getSpec().podUid().equals(pod.getMetadata().getUid());
        if (stale || (peer.isPresent() && PeerModel.finished(pod))) {
            client.resource(peer.get()).delete();
            return stale
                    ? UpdateControl.<Pod>noUpdate().rescheduleAfter(Duration.ofSeconds(1))
                    : UpdateControl.noUpdate();
        }
        if (PeerModel.finished(pod) || pod.getMetadata().getDeletionTimestamp() != null) {
            return UpdateControl.noUpdate();
        }
        Optional<Namespace> namespace = caches.namespace(pod.getMetadata().getNamespace());
        if (namespace.isPresent()
                && Membership.of(pod.getMetadata(), namespace.get(), caches.meshes())
                        instanceof Membership.Answer.Member member) {
            VpnPeer wanted = PeerModel.desired(pod, MeshRef.of(member.mesh()));
            if (peer.isEmpty() || !wanted.getSpec().equals(peer.get().getSpec())) {
                applier.apply(wanted);
            }
        }
        return UpdateControl.noUpdate();
    }
}
