// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.crds.VpnAddressBlock;
import io.vpnmesh.operator.mesh.MeshRef;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Address blocks of the API server. */
@ApplicationScoped
public class ClientAddressBlocks implements AddressBlocks {

    private final KubernetesClient client;

    public ClientAddressBlocks(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public List<VpnAddressBlock> list(MeshRef mesh) {
        return client.resources(VpnAddressBlock.class).inNamespace(mesh.namespace()).list().getItems().stream()
                .filter(block -> mesh.name().equals(block.getSpec().mesh()))
                .toList();
    }

    @Override
    public Optional<VpnAddressBlock> create(VpnAddressBlock block) {
        return unlessLost(() -> client.resource(block).create());
    }

    @Override
    public Optional<VpnAddressBlock> replaceStatus(VpnAddressBlock block) {
        return unlessLost(() -> client.resource(block)
                .lockResourceVersion(block.getMetadata().getResourceVersion())
                .updateStatus());
    }

    private static Optional<VpnAddressBlock> unlessLost(Supplier<VpnAddressBlock> call) {
        try {
            return Optional.of(call.get());
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
