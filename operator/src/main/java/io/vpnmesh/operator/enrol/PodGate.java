// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.ca.MeshAuthority;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.mesh.Membership;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.model.PeerModel;
import io.vpnmesh.operator.relay.RelayNames;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;

/**
 * Whether the pod of a token may be in a mesh, against the pod as it is at this moment: admission may have been
 * bypassed, and a token outlives its pod by minutes.
 */
@ApplicationScoped
class PodGate {

    private final KubernetesClient client;
    private final MeshCaches caches;
    private final MeshAuthority authority;

    PodGate(KubernetesClient client, MeshCaches caches, MeshAuthority authority) {
        this.client = client;
        this.caches = caches;
        this.authority = authority;
    }

    /** Errors: Refused. */
    Member admit(TokenPod token) {
        Pod pod = livePod(token);
        Optional<MeshRef> relayOf = RelayNames.meshOf(pod);
        VpnMesh mesh = relayOf.isPresent() ? meshOfRelay(relayOf.get()) : meshOf(pod);
        MeshKeys keys = authority
                .keys(MeshRef.of(mesh))
                .orElseThrow(() -> Refused.unavailable(
                        "MeshNotReady",
                        "VpnMesh " + MeshRef.of(mesh)
                                + " has no keys yet; the pod waits. If it lasts: kubectl describe vpnmesh "
                                + mesh.getMetadata().getName() + " -n "
                                + mesh.getMetadata().getNamespace()));
        return new Member(pod, mesh, keys, relayOf.isPresent() ? NodeRole.RELAY : NodeRole.SIDECAR);
    }

    private Pod livePod(TokenPod token) {
        String name = token.namespace() + "/" + token.name();
        Pod pod = client.pods()
                .inNamespace(token.namespace())
                .withName(token.name())
                .get();
        if (pod == null) {
            throw Refused.forbidden("PodGone", "the token is of pod " + name + ", which is gone");
        }
        if (!token.uid().equals(pod.getMetadata().getUid())) {
            throw Refused.forbidden(
                    "OtherPod",
                    "the token is of an earlier pod " + name + " (uid " + token.uid() + "), the one that runs has uid "
                            + pod.getMetadata().getUid() + ": use the token that is mounted in the pod itself");
        }
        if (!token.serviceAccount().equals(pod.getSpec().getServiceAccountName())) {
            throw Refused.forbidden(
                    "OtherServiceAccount",
                    "the token is of service account " + token.serviceAccount() + ", pod " + name + " runs as "
                            + pod.getSpec().getServiceAccountName());
        }
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            throw Refused.forbidden(
                    "PodTerminating", "pod " + name + " is being deleted: it may not join or renew any more");
        }
        if (PeerModel.finished(pod)) {
            throw Refused.forbidden(
                    "PodFinished", "pod " + name + " has finished: it has no place in the mesh any more");
        }
        return pod;
    }

    private VpnMesh meshOfRelay(MeshRef ref) {
        return caches.mesh(ref)
                .orElseThrow(() -> Refused.forbidden("UnknownMesh", "the relay's VpnMesh " + ref + " is gone"));
    }

    private VpnMesh meshOf(Pod pod) {
        String namespaceName = pod.getMetadata().getNamespace();
        Namespace namespace = caches.namespace(namespaceName)
                .orElseThrow(() -> Refused.forbidden("NamespaceGone", "namespace " + namespaceName + " is gone"));
        return switch (Membership.of(pod.getMetadata(), namespace, caches.meshes())) {
            case Membership.Answer.Member member -> {
                refuseUninjected(pod);
                yield member.mesh();
            }
            case Membership.Answer.NotAsked _ ->
                throw Refused.forbidden(
                        "PodNotMarked",
                        "pod " + namespaceName + "/" + pod.getMetadata().getName()
                                + " asks for no mesh: set the annotation " + Marks.MESH
                                + " in its template and create it anew, so that the sidecar is injected");
            case Membership.Answer.Refused refused ->
                throw Refused.forbidden(text(refused.reason()), refused.message());
        };
    }

    /** Everything else finds pods by this label, so a pod without it would be in the mesh and unknown to it. */
    private static void refuseUninjected(Pod pod) {
        if (pod.getMetadata().getLabels() == null
                || !"true".equals(pod.getMetadata().getLabels().get(Marks.INJECTED))) {
            throw Refused.forbidden(
                    "PodNotInjected",
                    "pod " + pod.getMetadata().getNamespace() + "/"
                            + pod.getMetadata().getName()
                            + " came around the operator's webhook (no label " + Marks.INJECTED
                            + "): create it anew while the operator runs, and leave the sidecar to the webhook");
        }
    }

    private static String text(Membership.Reason reason) {
        return switch (reason) {
            case UNKNOWN_MESH -> "UnknownMesh";
            case NAMESPACE_NOT_ALLOWED -> "NamespaceNotAllowed";
            case AMBIGUOUS -> "MeshAmbiguous";
            case MALFORMED -> "MeshMalformed";
        };
    }
}
