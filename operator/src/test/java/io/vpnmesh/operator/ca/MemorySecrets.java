// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Secrets with the API server's rules for creation and replacement, in memory. */
public final class MemorySecrets implements SecretStore {

    private final Map<String, Secret> secrets = new ConcurrentHashMap<>();
    private final AtomicInteger version = new AtomicInteger();
    private final Set<String> deletedOnceSeen = ConcurrentHashMap.newKeySet();

    @Override
    public Optional<Secret> get(String namespace, String name) {
        String key = namespace + "/" + name;
        return Optional.ofNullable(deletedOnceSeen.remove(key) ? secrets.remove(key) : secrets.get(key));
    }

    /** Somebody deletes the Secret just after it was read once more. */
    public void deleteBehindTheNextGet(String namespace, String name) {
        deletedOnceSeen.add(namespace + "/" + name);
    }

    @Override
    public boolean create(Secret secret) {
        return secrets.putIfAbsent(key(secret), versioned(secret)) == null;
    }

    @Override
    public synchronized boolean replace(Secret secret) {
        Secret stored = secrets.get(key(secret));
        if (stored == null
                || !stored.getMetadata()
                        .getResourceVersion()
                        .equals(secret.getMetadata().getResourceVersion())) {
            return false;
        }
        secrets.put(key(secret), versioned(secret));
        return true;
    }

    @Override
    public void delete(String namespace, String name) {
        secrets.remove(namespace + "/" + name);
    }

    public Iterable<Secret> all() {
        return secrets.values();
    }

    private Secret versioned(Secret secret) {
        return new SecretBuilder(secret)
                .editMetadata()
                .withResourceVersion(String.valueOf(version.incrementAndGet()))
                .endMetadata()
                .build();
    }

    private static String key(Secret secret) {
        return secret.getMetadata().getNamespace() + "/" + secret.getMetadata().getName();
    }
}
