// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.HttpURLConnection;
import java.util.Optional;

/** Secrets of the API server. */
@ApplicationScoped
public class ClientSecretStore implements SecretStore {

    private final KubernetesClient client;

    public ClientSecretStore(KubernetesClient client) {
        this.client = client;
    }

    @Override
    public Optional<Secret> get(String namespace, String name) {
        return Optional.ofNullable(
                client.secrets().inNamespace(namespace).withName(name).get());
    }

    @Override
    public boolean create(Secret secret) {
        return unlessConflict(() -> client.resource(secret).create());
    }

    @Override
    public boolean replace(Secret secret) {
        return unlessConflict(() -> client.resource(secret)
                .lockResourceVersion(secret.getMetadata().getResourceVersion())
                .update());
    }

    @Override
    public void delete(String namespace, String name) {
        client.secrets().inNamespace(namespace).withName(name).delete();
    }

    private static boolean unlessConflict(Runnable call) {
        try {
            call.run();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
                return false;
            }
            throw e;
        }
    }
}
