// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec.DeletionPolicy;
import io.vpnmesh.operator.ca.SecretNames;
import io.vpnmesh.operator.model.MeshDefaults;
import io.vpnmesh.operator.relay.RelayNames;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes key Secrets outlive their VpnMesh or go with it, by an owner reference: so that no finalizer can keep a VpnMesh
 * from going when the operator went first.
 */
@ApplicationScoped
public class KeyRetention {

    private final KubernetesClient client;
    /** By the mesh's uid; asked once per process and change of the policy. */
    private final Map<String, Boolean> owned = new ConcurrentHashMap<>();

    public KeyRetention(KubernetesClient client) {
        this.client = client;
    }

    /** Errors: KubernetesClientException. */
    void keep(VpnMesh mesh) {
        boolean goes = MeshDefaults.spec(mesh).deletionPolicy() == DeletionPolicy.DELETE;
        String uid = mesh.getMetadata().getUid();
        if (Boolean.valueOf(goes).equals(owned.get(uid))) {
            return;
        }
        String name = mesh.getMetadata().getName();
        for (String secret :
                List.of(SecretNames.root(name), SecretNames.cluster(name), RelayNames.ticketSecret(name))) {
            own(mesh, secret, goes);
        }
        owned.put(uid, goes);
    }

    private void own(VpnMesh mesh, String name, boolean goes) {
        var resource =
                client.secrets().inNamespace(mesh.getMetadata().getNamespace()).withName(name);
        Secret secret = resource.get();
        if (secret == null) {
            return;
        }
        List<OwnerReference> wanted = goes ? List.of(owner(mesh)) : List.of();
        if (!wanted.equals(secret.getMetadata().getOwnerReferences())) {
            resource.edit(current -> {
                current.getMetadata().setOwnerReferences(wanted);
                return current;
            });
        }
    }

    private static OwnerReference owner(VpnMesh mesh) {
        return new OwnerReferenceBuilder()
                .withApiVersion(mesh.getApiVersion())
                .withKind(mesh.getKind())
                .withName(mesh.getMetadata().getName())
                .withUid(mesh.getMetadata().getUid())
                .build();
    }
}
