// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.vpnmesh.operator.model.AnchorModel;
import io.vpnmesh.operator.webhook.OperatorTls;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the ConfigMap vpnmesh-ca in every namespace that takes part: those with a VpnMesh, those that carry the label, and
 * those with a pod that was injected. A pod that is faster than this waits in the kubelet until the mount exists.
 */
@ControllerConfiguration(name = "vpnmesh-anchor", generationAwareEventProcessing = false)
public class NamespaceReconciler implements Reconciler<Namespace> {

    private static final String ANCHORS = "anchors";

    private final MeshCaches caches;
    private final OperatorTls tls;
    private final Applier applier;

    public NamespaceReconciler(MeshCaches caches, OperatorTls tls, Applier applier) {
        this.caches = caches;
        this.tls = tls;
        this.applier = applier;
    }

    @Override
    public List<EventSource<?, Namespace>> prepareEventSources(EventSourceContext<Namespace> context) {
        var anchors = new InformerEventSource<ConfigMap, Namespace>(
                InformerEventSourceConfiguration.from(ConfigMap.class, Namespace.class)
                        .withName(ANCHORS)
                        .withLabelSelector(Marks.MANAGED_BY + "=" + Marks.OPERATOR)
                        .withSecondaryToPrimaryMapper(
                                map -> Set.of(new ResourceID(map.getMetadata().getNamespace())))
                        .build(),
                context);
        var pods = new InformerEventSource<Pod, Namespace>(
                InformerEventSourceConfiguration.from(Pod.class, Namespace.class)
                        .withName("injected-pods")
                        .withLabelSelector(Marks.INJECTED + "=true")
                        .withOnUpdateFilter((_, _) -> false)
                        .withSecondaryToPrimaryMapper(
                                pod -> Set.of(new ResourceID(pod.getMetadata().getNamespace())))
                        .build(),
                context);
        return List.of(anchors, pods);
    }

    @Override
    public UpdateControl<Namespace> reconcile(Namespace namespace, Context<Namespace> context) {
        String name = namespace.getMetadata().getName();
        if (namespace.getMetadata().getDeletionTimestamp() != null || !participates(namespace, context)) {
            return UpdateControl.noUpdate();
        }
        ConfigMap wanted = AnchorModel.desired(name, tls.material().anchors());
        boolean there = context.getSecondaryResources(ConfigMap.class).stream()
                .anyMatch(map -> Marks.CA_CONFIG_MAP.equals(map.getMetadata().getName())
                        && wanted.getData().equals(map.getData()));
        if (!there) {
            try {
                applier.apply(wanted);
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) { // the namespace went away meanwhile
                    throw e;
                }
            }
        }
        return UpdateControl.noUpdate();
    }

    private boolean participates(Namespace namespace, Context<Namespace> context) {
        @Nullable Map<String, String> labels = namespace.getMetadata().getLabels();
        return (labels != null && labels.containsKey(Marks.MESH))
                || !context.getSecondaryResources(Pod.class).isEmpty()
                || caches.meshes().stream()
                        .anyMatch(mesh -> namespace
                                .getMetadata()
                                .getName()
                                .equals(mesh.getMetadata().getNamespace()));
    }
}
