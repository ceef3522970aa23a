// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.join;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.operator.mesh.MeshRef;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;

/** Invitations and clusters of the API server. */
@ApplicationScoped
class ClientInvites implements Invites {

    private final KubernetesClient client;

    ClientInvites(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public Optional<VpnInvite> get(String namespace, String name) {
        return Optional.ofNullable(client.resources(VpnInvite.class)
                .inNamespace(namespace)
                .withName(name)
                .get());
    }

    @Override
    public boolean replaceStatus(VpnInvite invite) {
        try {
            client.resource(invite)
                    .lockResourceVersion(invite.getMetadata().getResourceVersion())
                    .updateStatus();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public List<VpnInvite> list(MeshRef mesh) {
        return client.resources(VpnInvite.class).inNamespace(mesh.namespace()).list().getItems().stream()
                .filter(invite -> mesh.name().equals(invite.getSpec().mesh()))
                .toList();
    }

    @Override
    public List<VpnCluster> clusters(MeshRef mesh) {
        return client.resources(VpnCluster.class).inNamespace(mesh.namespace()).list().getItems().stream()
                .filter(cluster -> mesh.name().equals(cluster.getSpec().mesh()))
                .toList();
    }

    @Override
    public VpnCluster ensureCluster(VpnCluster cluster) {
        try {
            return client.resource(cluster).create();
        } catch (KubernetesClientException e) {
            VpnCluster stored = client.resource(cluster).get();
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || stored == null) {
                throw e;
            }
            return stored;
        }
    }

    @Override
    public void writeStatus(VpnCluster cluster) {
        VpnCluster patch = new VpnCluster();
        patch.getMetadata().setName(cluster.getMetadata().getName());
        patch.getMetadata().setNamespace(cluster.getMetadata().getNamespace());
        patch.setSpec(null);
        patch.setStatus(cluster.getStatus());
        client.resource(patch).subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE), patch);
    }
}
