// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.rate.RateLimited;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshStatus;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.operator.ca.MeshAuthority;
import io.vpnmesh.operator.model.AnchorModel;
import io.vpnmesh.operator.model.OperatorFacts;
import io.vpnmesh.operator.model.RelayModel;
import io.vpnmesh.operator.relay.RelayEndpointsSource;
import io.vpnmesh.operator.status.KeyState;
import io.vpnmesh.operator.status.MeshStatusModel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Sequence only: observe, make keys, compute the desired objects, apply them, write the status. */
@ControllerConfiguration(name = "vpnmesh")
@RateLimited(maxReconciliations = 20, within = 10)
public class VpnMeshReconciler implements Reconciler<VpnMesh> {

    private static final Logger LOG = Logger.getLogger(VpnMeshReconciler.class);

    /** Secrets are read, not watched (their content is nobody's business), so a lost one is found by looking again. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(60);
    /** While something is missing that no watch announces. */
    private static final Duration LOOK_SOON = Duration.ofSeconds(2);

    private final KubernetesClient client;
    private final MeshAuthority authority;
    private final OperatorFactsSource operatorFacts;
    private final RelayEndpointsSource relays;
    private final MeshCaches caches;
    private final DirectoryFacts directory;
    private final Applier applier;
    private final KeyRetention retention;
    private final MeshEvents events;

    public VpnMeshReconciler(
            KubernetesClient client,
            MeshAuthority authority,
            OperatorFactsSource operatorFacts,
            RelayEndpointsSource relays,
            MeshCaches caches,
            DirectoryFacts directory,
            Applier applier,
            KeyRetention retention,
            MeshEvents events) {
        this.client = client;
        this.authority = authority;
        this.operatorFacts = operatorFacts;
        this.relays = relays;
        this.caches = caches;
        this.directory = directory;
        this.applier = applier;
        this.retention = retention;
        this.events = events;
    }

    @Override
    public List<EventSource<?, VpnMesh>> prepareEventSources(EventSourceContext<VpnMesh> context) {
        return List.of(
                labelled(StatefulSet.class, context),
                labelled(Service.class, context),
                labelled(Pod.class, context),
                new InformerEventSource<>(
                        InformerEventSourceConfiguration.from(VpnPeer.class, VpnMesh.class)
                                .withSecondaryToPrimaryMapper(peer -> Set.of(new ResourceID(
                                        peer.getSpec().mesh().name(),
                                        peer.getSpec().mesh().namespace())))
                                .build(),
                        context));
    }

    private static <R extends HasMetadata> EventSource<R, VpnMesh> labelled(
            Class<R> type, EventSourceContext<VpnMesh> context) {
        return new InformerEventSource<>(
                InformerEventSourceConfiguration.from(type, VpnMesh.class)
                        .withLabelSelector(Marks.RELAY)
                        .withSecondaryToPrimaryMapper(object -> Set.of(new ResourceID(
                                object.getMetadata().getLabels().get(Marks.RELAY),
                                object.getMetadata().getNamespace())))
                        .build(),
                context);
    }

    @Override
    public UpdateControl<VpnMesh> reconcile(VpnMesh mesh, Context<VpnMesh> context) {
        Optional<OperatorFacts> operator = operatorFacts.facts();
        KeyState keys = KeyStates.of(authority.ensure(mesh), directory.of(mesh).message());
        String error = operator.isEmpty()
                ? "the operator's own Service has no ClusterIP: install the chart again, it makes the Service"
                : apply(mesh, keys, operator.get());
        VpnMeshStatus status = MeshStatusModel.status(observe(mesh, context, keys, operator, error), Instant.now());
        boolean written = writeStatus(mesh, status);
        // The directory's link to a relay is no Kubernetes object and raises no event: look soon until it stands.
        boolean settled = written && error == null && isReady(status);
        return UpdateControl.<VpnMesh>noUpdate().rescheduleAfter(settled ? LOOK_AGAIN : LOOK_SOON);
    }

    private static boolean isReady(VpnMeshStatus status) {
        return status.conditions().stream()
                .anyMatch(condition -> "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    /** Returns what the API server had against it, null for nothing. */
    private @Nullable String apply(VpnMesh mesh, KeyState keys, OperatorFacts operator) {
        try {
            applier.apply(AnchorModel.desired(mesh.getMetadata().getNamespace(), operator.anchors()));
            if (keys instanceof KeyState.Valid) {
                retention.keep(mesh);
                List<HasMetadata> desired = RelayModel.desired(mesh, operator);
                applier.apply(desired);
                prune(mesh, desired);
            }
            return null;
        } catch (KubernetesClientException e) {
            LOG.warnf("event=apply-failed mesh=%s message=\"%s\"", MeshRef.of(mesh), e.getMessage());
            return String.valueOf(e.getMessage());
        }
    }

    /** Services of replicas that are no longer wanted; everything else of a mesh goes with it by its owner. */
    private void prune(VpnMesh mesh, List<HasMetadata> desired) {
        Set<String> wanted = desired.stream()
                .filter(Service.class::isInstance)
                .map(service -> service.getMetadata().getName())
                .collect(Collectors.toSet());
        caches.relayServices().stream()
                .filter(service -> mesh.getMetadata()
                        .getNamespace()
                        .equals(service.getMetadata().getNamespace()))
                .filter(service -> mesh.getMetadata()
                        .getName()
                        .equals(service.getMetadata().getLabels().get(Marks.RELAY)))
                .filter(service -> service.getMetadata().getOwnerReferences().stream()
                        .anyMatch(owner ->
                                owner.getUid().equals(mesh.getMetadata().getUid())))
                .filter(service -> !wanted.contains(service.getMetadata().getName()))
                .forEach(service -> client.resource(service).delete());
    }

    private MeshStatusModel.Observation observe(
            VpnMesh mesh,
            Context<VpnMesh> context,
            KeyState keys,
            Optional<OperatorFacts> operator,
            @Nullable String error) {
        MeshRef ref = MeshRef.of(mesh);
        List<RelayEndpointsSource.RelayPod> relayPods = relays.relays(ref);
        Map<String, String> nodeIds = authority
                .keys(ref)
                .map(found -> relayPods.stream()
                        .collect(Collectors.toMap(
                                RelayEndpointsSource.RelayPod::podUid,
                                relay -> found.nodeOf(relay.podUid()).toString())))
                .orElse(Map.of());
        List<VpnPeer> peers = new ArrayList<>(context.getSecondaryResources(VpnPeer.class));
        Set<String> uids = peers.stream().map(peer -> peer.getSpec().podUid()).collect(Collectors.toSet());
        List<String> images = caches.pods().stream()
                .filter(pod -> uids.contains(pod.getMetadata().getUid()))
                .flatMap(pod -> pod.getSpec().getInitContainers().stream())
                .filter(container -> Marks.SIDECAR_CONTAINER.equals(container.getName()))
                .map(container -> container.getImage())
                .toList();
        return new MeshStatusModel.Observation(
                mesh,
                keys,
                relayPods,
                nodeIds,
                directory.of(mesh),
                peers,
                images,
                operator.map(OperatorFacts::sidecarImage).orElse(""),
                error);
    }

    /** One write, and only if something changed; false if it has to be tried again. */
    private boolean writeStatus(VpnMesh mesh, VpnMeshStatus status) {
        if (status.equals(mesh.getStatus())) {
            return true;
        }
        VpnMesh patch = new VpnMesh();
        patch.getMetadata().setName(mesh.getMetadata().getName());
        patch.getMetadata().setNamespace(mesh.getMetadata().getNamespace());
        patch.setStatus(status);
        try {
            applier.applyStatus(patch, Marks.OPERATOR);
            events.changed(mesh, status);
            return true;
        } catch (KubernetesClientException e) {
            LOG.warnf("event=status-failed mesh=%s message=\"%s\"", MeshRef.of(mesh), e.getMessage());
            return false;
        }
    }
}
